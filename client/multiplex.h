/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of many threads over one connection. mux.h explains how the threads share it. */
#ifndef CLIENT_MULTIPLEX_H
#define CLIENT_MULTIPLEX_H

#include "client/mux.h"

/* Makes a multiplex of this process, not connected yet. Its ids are greater than those of `sequence`. NULL: out of
 * memory. */
struct multiplex *multiplex_new(const struct target *target, uint32_t spin_us, uint64_t sequence);

/* Closes the connection and frees the multiplex; NULL is allowed and does nothing. No thread may be in a call. */
void multiplex_free(struct multiplex *multiplex);

/* Sends a whole request, connecting first if needed, and returns its id, which the caller ends with multiplex_wait or
 * multiplex_abandon. With `ticket`, multiplex_wait_any returns the id too, and the request may be held back for write
 * coalescing. */
enum signer_status multiplex_send(struct multiplex *multiplex, struct request *request, bool ticket, uint64_t deadline,
                                  uint64_t *id, struct signer_error *error) __attribute__((warn_unused_result));

/* Waits for the answer. SIGNER_OK: *payload is the encoded response, valid until multiplex_release ends the request.
 * With any other status the request has ended. */
enum signer_status multiplex_wait(struct multiplex *multiplex, uint64_t id, uint64_t deadline, struct slice *payload,
                                  struct signer_error *error) __attribute__((warn_unused_result));

/* Reports that the payload returned by multiplex_wait, not released yet, is `what` and not a valid answer: closes its
 * connection and fails the other requests on it. Fills *error and returns its status. */
enum signer_status multiplex_distrust(struct multiplex *multiplex, uint64_t id, const char *what,
                                      struct signer_error *error);

/* Reports that the payload returned by multiplex_wait, not released yet, says that the signer cannot serve the request
 * now: leaves that signer, and queues the request for the next socket, so that multiplex_wait waits for its answer
 * again. False: the request was sent to every socket, and its payload stays. */
bool multiplex_elsewhere(struct multiplex *multiplex, uint64_t id) __attribute__((warn_unused_result));

/* Reserves a ticket for this thread, which must then call multiplex_wait. False: the ticket is unknown, or another
 * thread collects it. */
bool multiplex_claim(struct multiplex *multiplex, uint64_t id) __attribute__((warn_unused_result));

/* Waits until a ticket is answered or has failed, and returns each ticket once. SIGNER_NOT_FOUND: every ticket was
 * returned already or has ended. */
enum signer_status multiplex_wait_any(struct multiplex *multiplex, uint64_t deadline, uint64_t *id,
                                      struct signer_error *error) __attribute__((warn_unused_result));

/* Sends the requests that are held back. */
void multiplex_flush(struct multiplex *multiplex, uint64_t deadline);

/* Ends a request whose answer multiplex_wait has returned. */
void multiplex_release(struct multiplex *multiplex, uint64_t id);

/* Ends a ticket without its answer, which is dropped when it arrives. */
void multiplex_abandon(struct multiplex *multiplex, uint64_t id);

#endif
