/* SPDX-License-Identifier: Apache-2.0 */
/* A synchronous call: sends a request, waits for its answer, and copies the result. */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/client.h"

/* Copies the result out of the answer, which has status OK and is of the requested operation. The response is valid
 * only during the call. */
typedef enum signer_status (*call_parse)(const struct response *response, void *into, struct signer_error *error);

/* Sends and waits. `take` may be NULL if the result is empty. */
enum signer_status call_run(signer_client *client, struct request *request, call_parse take, void *into,
                            struct signer_error *error) __attribute__((warn_unused_result));

/* The first half of call_run: sends. INVALID_ARGUMENT if the request is too large for the protocol. */
enum signer_status call_send(struct multiplex *multiplex, struct request *request, bool ticket, uint64_t deadline,
                             uint64_t *id, struct signer_error *error) __attribute__((warn_unused_result));

/* The second half of call_run: waits and copies the result. */
enum signer_status call_answer(struct multiplex *multiplex, uint64_t id, enum operation operation, uint64_t deadline,
                               call_parse take, void *into, struct signer_error *error)
    __attribute__((warn_unused_result));

/* INVALID_ARGUMENT if `client` is NULL or, with `with_id`, the key id is missing or too long. */
enum signer_status call_check(const signer_client *client, bool with_id, const char *id, struct signer_error *error)
    __attribute__((warn_unused_result));

#endif
