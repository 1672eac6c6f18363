/* SPDX-License-Identifier: Apache-2.0 */
#include "client/call.h"

#include <stdlib.h>
#include <string.h>

#include "client/deadline.h"
#include "client/error.h"
#include "proto/status.h"

_Static_assert((int)SIGNER_INTERNAL == (int)STATUS_INTERNAL, "signer.h has the wire's statuses");
_Static_assert((int)SIGNER_DRAINING == (int)STATE_DRAINING, "signer.h has the wire's states");
_Static_assert(SIGNER_SIGNATURE_MAX == SIGNATURE_MAX, "signer.h has the wire's limits");
_Static_assert(SIGNER_SHA256_SIZE == PUBLIC_KEY_SHA256_SIZE, "signer.h has the wire's limits");
_Static_assert(SIGNER_LABELS_MAX == LABELS_MAX, "signer.h has the wire's limits");
_Static_assert(SIGNER_POLICY_MAX == POLICY_LIST_MAX, "signer.h has the wire's limits");

enum signer_status call_check(const signer_client *client, bool with_id, const char *id, struct signer_error *error)
{
    if (!client)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer to the client is NULL");
    if (with_id && (!id || !*id || strlen(id) > KEY_ID_MAX))
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "a key id has 1 to %d characters", KEY_ID_MAX);
    return SIGNER_OK;
}

/* -- sending -- */

/* The protocol's limit for this request. */
static size_t request_bound(const struct request *request)
{
    bool whole = request->operation == OPERATION_SIGN && request->sign.kind == SIGN_INPUT_MESSAGE;
    return whole ? SIGN_REQUEST_MAX : REQUEST_MAX;
}

/* The length of the only field that can be long. It is checked before memory is allocated for the request. */
static size_t long_part(const struct request *request)
{
    if (request->operation == OPERATION_SIGN)
        return request->sign.input.length;
    if (request->operation == OPERATION_SET_CERTIFICATE)
        return request->set_certificate.certificate.length;
    return 0;
}

static enum signer_status check_size(const struct request *request, struct signer_error *error)
{
    size_t bound = request_bound(request);
    if (long_part(request) < bound / 2)
        return SIGNER_OK;
    if (long_part(request) <= bound && request_encode(request, NULL, 0) <= FRAME_PREFIX + bound)
        return SIGNER_OK;
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                     "%zu bytes are too many for one request: at most %zu are allowed, its other fields included",
                     long_part(request), bound);
}

enum signer_status call_send(struct multiplex *multiplex, struct request *request, bool ticket, uint64_t deadline,
                             uint64_t *id, struct signer_error *error)
{
    uint32_t left = deadline_left_ms(deadline);
    request->deadline_ms = left == 0 ? 1 : left < DEADLINE_MAX_MS ? left : DEADLINE_MAX_MS;
    request->id = UINT64_MAX; /* has the longest encoding, for check_size; multiplex_send sets the id */
    enum signer_status status = check_size(request, error);
    if (status != SIGNER_OK)
        return status;
    return multiplex_send(multiplex, request, ticket, deadline, id, error);
}

/* -- receiving -- */

/* A request whose answer is expected, and where its result goes. */
struct asked {
    struct multiplex *multiplex;
    uint64_t id;
    enum operation operation;
    call_parse take;
    void *into;
};

static enum signer_status parse_response(const struct asked *asked, const struct response *response,
                                         struct signer_error *error)
{
    if (response->id != asked->id)
        return multiplex_distrust(asked->multiplex, asked->id, "an answer with two ids", error);
    if (response->status != STATUS_OK)
        return error_from_response(error, response);
    if (response->operation != asked->operation)
        return multiplex_distrust(asked->multiplex, asked->id, "the answer to another operation", error);
    return asked->take ? asked->take(response, asked->into, error) : SIGNER_OK;
}

/* Decodes in allocated memory, as much as an answer of this length can need. */
static enum signer_status parse_any(const struct asked *asked, struct slice payload, struct signer_error *error)
{
    struct response response;
    struct scratch scratch = { .size = SCRATCH_SIZE(payload.length) };
    scratch.bytes = malloc(scratch.size);
    if (!scratch.bytes)
        return error_memory(error);
    enum signer_status status = response_decode(payload, &scratch, &response) == DECODE_OK
        ? parse_response(asked, &response, error)
        : multiplex_distrust(asked->multiplex, asked->id, "bytes that are not a response", error);
    free(scratch.bytes);
    return status;
}

/* The hot path: a signature is decoded on the stack. An answer that does not fit is decoded again by parse_any. */
static enum signer_status parse_answer(const struct asked *asked, struct slice payload, struct signer_error *error)
{
    enum { LITTLE = 2048 };
    struct response response;
    _Alignas(16) uint8_t bytes[LITTLE];
    struct scratch scratch = { .bytes = bytes, .size = sizeof bytes };
    if (response_decode(payload, &scratch, &response) == DECODE_OK)
        return parse_response(asked, &response, error);
    return parse_any(asked, payload, error);
}

/* The signer did nothing, and may not for long: another one may. */
static bool is_for_another(const struct signer_error *answer)
{
    return (answer->status == SIGNER_FAILED_PRECONDITION && strcmp(answer->reason, REASON_SEALED) == 0)
        || (answer->status == SIGNER_UNAVAILABLE && strcmp(answer->reason, REASON_DRAINING) == 0);
}

enum signer_status call_answer(struct multiplex *multiplex, uint64_t id, enum operation operation, uint64_t deadline,
                               call_parse take, void *into, struct signer_error *error)
{
    const struct asked asked = { multiplex, id, operation, take, into };
    struct signer_error answer = { 0 };
    struct slice payload;
    enum signer_status status;
    do {
        status = multiplex_wait(multiplex, id, deadline, &payload, error);
        if (status != SIGNER_OK)
            return status;
        status = parse_answer(&asked, payload, &answer);
    } while (status != SIGNER_OK && is_for_another(&answer) && multiplex_elsewhere(multiplex, id));
    multiplex_release(multiplex, id);
    return status == SIGNER_OK ? status : error_copy(error, &answer);
}

enum signer_status call_run(signer_client *client, struct request *request, call_parse take, void *into,
                            struct signer_error *error)
{
    uint64_t id = 0, deadline = client_deadline(client);
    struct multiplex *multiplex = client_multiplex(client);
    if (!multiplex)
        return error_memory(error);
    enum signer_status status = call_send(multiplex, request, false, deadline, &id, error);
    if (status != SIGNER_OK)
        return status;
    return call_answer(multiplex, id, request->operation, deadline, take, into, error);
}
