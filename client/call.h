/* One synchronous round trip: request out, answer in, result taken. */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/client.h"

/* Copies a result out of an answer with status OK of the operation that was asked for; the
 * response is gone when it returns. */
typedef enum signer_status (*call_parse)(const struct response *response, void *into, struct signer_error *error);

/* Sends and waits. `take` may be NULL where a result says nothing. */
enum signer_status call_run(signer_client *client, struct request *request, call_parse take, void *into,
                            struct signer_error *error) __attribute__((warn_unused_result));

/* Sends: the first half of call_run. Refuses a request that is too large for the protocol. */
enum signer_status call_send(struct multiplex *multiplex, struct request *request, bool ticket, uint64_t deadline,
                             uint64_t *id, struct signer_error *error) __attribute__((warn_unused_result));

/* Waits and takes: the second half. */
enum signer_status call_answer(struct multiplex *multiplex, uint64_t id, enum operation operation, uint64_t deadline,
                               call_parse take, void *into, struct signer_error *error)
    __attribute__((warn_unused_result));

/* INVALID_ARGUMENT unless there is a client and, where `with_id`, a key id of a possible length. */
enum signer_status call_check(const signer_client *client, bool with_id, const char *id, struct signer_error *error)
    __attribute__((warn_unused_result));

#endif
