/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "client/call.h"
#include "client/error.h"

/* -- the request -- */

static enum signer_status check(const signer_client *client, const struct signer_sign *what, struct signer_error *error)
{
    if (!what || (what->input_length > 0 && !what->input))
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer to what is to be signed is NULL");
    return call_check(client, true, what->id, error);
}

static struct request sign_request(const struct signer_sign *what)
{
    size_t named = what->public_key_sha256 ? SIGNER_SHA256_SIZE : 0;
    bool digest = what->scheme == SIGNER_RSA_PKCS1 || what->scheme == SIGNER_RSA_PSS || what->scheme == SIGNER_ECDSA;
    return (struct request){
        .operation = OPERATION_SIGN,
        .sign = { .id = what->id,
                  .scheme = (int)what->scheme,
                  .hash = (int)what->hash,
                  .kind = digest ? SIGN_INPUT_DIGEST : SIGN_INPUT_MESSAGE,
                  .input = { what->input, what->input_length },
                  .public_key_sha256 = { what->public_key_sha256, named } },
    };
}

/* -- the result -- */

struct output { /* the caller's buffer */
    uint8_t *signature;
    size_t *length;
};

static enum signer_status parse_signature(const struct response *response, void *into, struct signer_error *error)
{
    struct output *output = into;
    struct slice signature = response->sign.signature;
    size_t capacity = *output->length;
    *output->length = signature.length;
    if (signature.length > capacity)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_BUFFER,
                         "the signature has %zu bytes and the buffer %zu: "
                         "SIGNER_SIGNATURE_MAX always suffices",
                         signature.length, capacity);
    if (signature.length > 0)
        memcpy(output->signature, signature.data, signature.length);
    return SIGNER_OK;
}

static enum signer_status check_output(const struct output *output, struct signer_error *error)
{
    if (output->signature && output->length)
        return SIGNER_OK;
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer for the signature is NULL");
}

enum signer_status signer_sign(signer_client *client, const struct signer_sign *what, uint8_t *signature,
                               size_t *length, struct signer_error *error)
{
    struct output output = { signature, length };
    enum signer_status status = check(client, what, error);
    if (status == SIGNER_OK)
        status = check_output(&output, error);
    if (status != SIGNER_OK)
        return status;
    struct request request = sign_request(what);
    return call_run(client, &request, parse_signature, &output, error);
}

/* -- tickets -- */

enum signer_status signer_submit(signer_client *client, const struct signer_sign *what, uint64_t *ticket,
                                 struct signer_error *error)
{
    enum signer_status status = check(client, what, error);
    if (status != SIGNER_OK)
        return status;
    if (!ticket)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer for the ticket is NULL");
    struct multiplex *multiplex = client_multiplex(client);
    if (!multiplex)
        return error_memory(error);
    struct request request = sign_request(what);
    return call_send(multiplex, &request, true, client_deadline(client), ticket, error);
}

void signer_flush(signer_client *client)
{
    struct multiplex *multiplex = client ? client_multiplex(client) : NULL;
    if (multiplex)
        multiplex_flush(multiplex, client_deadline(client));
}

enum signer_status signer_collect(signer_client *client, uint64_t ticket, uint8_t *signature, size_t *length,
                                  struct signer_error *error)
{
    struct output output = { signature, length };
    enum signer_status status = call_check(client, false, NULL, error);
    if (status == SIGNER_OK)
        status = check_output(&output, error);
    if (status != SIGNER_OK) {
        signer_abandon(client, ticket); /* a ticket ends with any status */
        return status;
    }
    struct multiplex *multiplex = client_multiplex(client);
    if (!multiplex)
        return error_memory(error);
    if (!multiplex_claim(multiplex, ticket))
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_TICKET,
                         "ticket %llu is unknown: it was collected or abandoned, or it is of the process before a fork",
                         (unsigned long long)ticket);
    return call_answer(multiplex, ticket, OPERATION_SIGN, client_deadline(client), parse_signature, &output, error);
}

enum signer_status signer_wait_any(signer_client *client, uint64_t *ticket, struct signer_error *error)
{
    enum signer_status status = call_check(client, false, NULL, error);
    if (status != SIGNER_OK)
        return status;
    if (!ticket)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer for the ticket is NULL");
    struct multiplex *multiplex = client_multiplex(client);
    if (!multiplex)
        return error_memory(error);
    return multiplex_wait_any(multiplex, client_deadline(client), ticket, error);
}

void signer_abandon(signer_client *client, uint64_t ticket)
{
    struct multiplex *multiplex = client ? client_multiplex(client) : NULL;
    if (multiplex)
        multiplex_abandon(multiplex, ticket);
}
