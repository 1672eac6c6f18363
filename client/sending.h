/* SPDX-License-Identifier: Apache-2.0 */
/* The sending side of a multiplex: the writer, who connects and sends frames. */
#ifndef CLIENT_SENDING_H
#define CLIENT_SENDING_H

#include "client/mux.h"

/* Sends a slot's request, connecting first if needed. The lock is held at entry and return, and released while waiting.
 * On return the request is completely written, or has ended, or is in `unsent`. */
void sending_request(struct multiplex *multiplex, struct pending *pending, uint64_t deadline);

/* Sends all unsent requests: those held back and those to be sent again. The lock as above. */
void sending_unsent(struct multiplex *multiplex, uint64_t deadline);

/* Removes a request from `unsent`. */
void sending_unqueue(struct multiplex *multiplex, struct pending *pending);

#endif
