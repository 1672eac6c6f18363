/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that wait to be read, bounded for a connection, for a uid and in all. Where there is no room, the uid that
 * holds most loses the connection of its that holds most. */
#ifndef SIGNER_GATE_CORE_OUTPUT_H
#define SIGNER_GATE_CORE_OUTPUT_H

#include "signer/gate/core/state.h"

/* Queues a response on the connection, or drops the connection if there is no room for it. */
void output_put(struct gate *gate, struct connection *connection, const struct response *response);

/* Whether an answer of at most `length` bytes may be promised to this uid. */
bool output_has_room(const struct peer *peer, size_t length);

#endif
