/* The calls of many threads over one connection; mux.h says how they share it. */
#ifndef CLIENT_MULTIPLEX_H
#define CLIENT_MULTIPLEX_H

#include "client/mux.h"

/* A multiplex of this process, not yet connected; NULL without memory. Its ids come after
 * `sequence`. */
struct multiplex *multiplex_new(const char *path, uint32_t spin_us, uint64_t sequence);

/* Closes the connection and frees all; NULL is nothing. No thread may be inside. */
void multiplex_free(struct multiplex *multiplex);

/* Sends a request, whole, and gives its id, which one multiplex_wait or multiplex_abandon ends.
 * With `ticket` it counts for multiplex_wait_any, and may be held back. Connects where needed. */
enum signer_status multiplex_send(struct multiplex *multiplex, struct request *request, bool ticket, uint64_t deadline,
                                  uint64_t *id, struct signer_error *error) __attribute__((warn_unused_result));

/* Waits for the answer. SIGNER_OK: *payload has the id of a response and is yet to be decoded, valid until
 * multiplex_release ends the request. With another status it has ended. */
enum signer_status multiplex_wait(struct multiplex *multiplex, uint64_t id, uint64_t deadline, struct slice *payload,
                                  struct signer_error *error) __attribute__((warn_unused_result));

/* The answer, which multiplex_wait gave and which is not released yet, turned out to be `what` and no answer
 * to the request: its connection is closed, and what else was under way on it ends. */
enum signer_status multiplex_distrust(struct multiplex *multiplex, uint64_t id, const char *what,
                                      struct signer_error *error);

/* Takes a ticket for one thread, which then waits for it. False: it is unknown, or another
 * thread collects it. */
bool multiplex_claim(struct multiplex *multiplex, uint64_t id) __attribute__((warn_unused_result));

/* Waits until a ticket is answered or has failed, and tells each of them once. SIGNER_NOT_FOUND:
 * there is none left to tell of. */
enum signer_status multiplex_wait_any(struct multiplex *multiplex, uint64_t deadline, uint64_t *id,
                                      struct signer_error *error) __attribute__((warn_unused_result));

/* Sends what is held back. */
void multiplex_flush(struct multiplex *multiplex, uint64_t deadline);

void multiplex_release(struct multiplex *multiplex, uint64_t id);

/* Ends a request without its answer, which is dropped when it comes. */
void multiplex_abandon(struct multiplex *multiplex, uint64_t id);

#endif
