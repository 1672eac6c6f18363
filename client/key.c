/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/error.h"
#include "client/key_hash.h"

/* -- owning a key -- */

static void clear(struct signer_key *key)
{
    free(key->id);
    free(key->algorithm);
    free(key->public_key);
    free(key->certificate);
}

void signer_key_free(struct signer_key *key)
{
    if (key)
        clear(key);
    free(key);
}

void signer_key_list_free(struct signer_key_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        clear(&list->keys[i]);
    free(list->keys);
    free(list);
}

/* A copy with a NUL appended. NULL: out of memory. */
static void *copy_bytes(const void *bytes, size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

static struct signer_policy copy_policy(const struct policy_lists *from)
{
    struct signer_policy policy = { from->scheme_count, from->hash_count, { 0 }, { 0 } };
    for (size_t i = 0; i < from->scheme_count; i++)
        policy.schemes[i] = (enum signer_scheme)from->schemes[i];
    for (size_t i = 0; i < from->hash_count; i++)
        policy.hashes[i] = (enum signer_hash)from->hashes[i];
    return policy;
}

/* False: out of memory; the caller then frees with clear. */
static bool copy_key(const struct key_info *from, struct signer_key *key)
{
    key->id = copy_bytes(from->id, strlen(from->id));
    key->algorithm = copy_bytes(from->algorithm, strlen(from->algorithm));
    key->policy = copy_policy(&from->policy);
    key->public_key = copy_bytes(from->public_key.data, from->public_key.length);
    key->public_key_length = from->public_key.length;
    if (from->public_key.length > 0) /* else nothing in the key's file could be read, and `fault` says why */
        key_hash(from->public_key.data, from->public_key.length, key->public_key_sha256);
    key->created = from->created;
    key->unverified = from->unverified;
    snprintf(key->fault, sizeof key->fault, "%s", from->fault ? from->fault : "");
    bool certified = from->certificate.length > 0;
    if (certified)
        key->certificate = copy_bytes(from->certificate.data, from->certificate.length);
    return key->id && key->algorithm && key->public_key && (!certified || key->certificate);
}

/* Makes the key that is returned to the caller. */
static enum signer_status return_key(const struct key_info *from, struct signer_key **key, struct signer_error *error)
{
    struct signer_key *made = calloc(1, sizeof *made);
    if (!made || !copy_key(from, made)) {
        signer_key_free(made);
        return error_memory(error);
    }
    *key = made;
    return SIGNER_OK;
}

static enum signer_status no_place(struct signer_error *error)
{
    return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "the pointer for the result is NULL");
}

static enum signer_status distrust(const char *what, struct signer_error *error)
{
    return error_set(error, SIGNER_INTERNAL, ERROR_PROTOCOL, "the signer answered with %s", what);
}

/* -- one key -- */

struct wanted {
    const char *id;
    struct signer_key **key;
    bool *created;
};

static enum signer_status return_wanted(const struct key_info *from, const struct wanted *wanted,
                                        struct signer_error *error)
{
    if (strcmp(from->id, wanted->id) != 0)
        return distrust("another key than the one that was asked for", error);
    return return_key(from, wanted->key, error);
}

static enum signer_status parse_key(const struct response *response, void *into, struct signer_error *error)
{
    return return_wanted(&response->get_key.key, into, error);
}

enum signer_status signer_get_key(signer_client *client, const char *id, struct signer_key **key,
                                  struct signer_error *error)
{
    struct request request = { .operation = OPERATION_GET_KEY, .get_key = { .id = id } };
    enum signer_status status = call_check(client, true, id, error);
    if (status != SIGNER_OK)
        return status;
    if (!key)
        return no_place(error);
    *key = NULL;
    struct wanted wanted = { id, key, NULL };
    return call_run(client, &request, parse_key, &wanted, error);
}

static enum signer_status parse_generated(const struct response *response, void *into, struct signer_error *error)
{
    struct wanted *wanted = into;
    if (wanted->created)
        *wanted->created = response->generate_key.created;
    return return_wanted(&response->generate_key.key, wanted, error);
}

static enum signer_status fill_policy(const struct signer_policy *policy, struct policy_lists *lists,
                                      struct signer_error *error)
{
    if (!policy)
        return SIGNER_OK;
    if (policy->scheme_count > POLICY_LIST_MAX || policy->hash_count > POLICY_LIST_MAX)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "a list of a policy has at most %d entries",
                         POLICY_LIST_MAX);
    lists->scheme_count = policy->scheme_count;
    lists->hash_count = policy->hash_count;
    for (size_t i = 0; i < policy->scheme_count; i++)
        lists->schemes[i] = (int)policy->schemes[i];
    for (size_t i = 0; i < policy->hash_count; i++)
        lists->hashes[i] = (int)policy->hashes[i];
    return SIGNER_OK;
}

enum signer_status signer_generate(signer_client *client, const char *id, const char *algorithm,
                                   const struct signer_policy *policy, struct signer_key **key, bool *created,
                                   struct signer_error *error)
{
    struct request request = { .operation = OPERATION_GENERATE_KEY,
                               .generate_key = { .id = id, .algorithm = algorithm } };
    enum signer_status status = call_check(client, true, id, error);
    if (status == SIGNER_OK)
        status = fill_policy(policy, &request.generate_key.policy, error);
    if (status != SIGNER_OK)
        return status;
    if (!key)
        return no_place(error);
    *key = NULL;
    if (algorithm && strlen(algorithm) > ALGORITHM_NAME_MAX)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT,
                         "an algorithm's name has at most %d characters", ALGORITHM_NAME_MAX);
    struct wanted wanted = { id, key, created };
    return call_run(client, &request, parse_generated, &wanted, error);
}

/* -- all keys -- */

struct wanted_list {
    const char *after;
    struct signer_key_list **list;
};

/* Else a caller that asks for page after page would never come to an end. */
static bool ascends(const struct response *response, const char *after)
{
    for (size_t i = 0; i < response->list_keys.key_count; i++) {
        if (strcmp(response->list_keys.keys[i].id, after) <= 0)
            return false;
        after = response->list_keys.keys[i].id;
    }
    return response->list_keys.key_count > 0 || !response->list_keys.more;
}

static bool copy_list(const struct response *response, struct signer_key_list *list)
{
    size_t count = response->list_keys.key_count;
    list->more = response->list_keys.more;
    list->keys = calloc(count + 1, sizeof *list->keys);
    if (!list->keys)
        return false;
    list->count = count;
    for (size_t i = 0; i < count; i++)
        if (!copy_key(&response->list_keys.keys[i], &list->keys[i]))
            return false;
    return true;
}

static enum signer_status parse_list(const struct response *response, void *into, struct signer_error *error)
{
    const struct wanted_list *wanted = into;
    if (!ascends(response, wanted->after))
        return distrust("a list of keys that does not go on in their order", error);
    struct signer_key_list *made = calloc(1, sizeof *made);
    if (!made || !copy_list(response, made)) {
        signer_key_list_free(made);
        return error_memory(error);
    }
    *wanted->list = made;
    return SIGNER_OK;
}

enum signer_status signer_list_keys(signer_client *client, const char *after, uint32_t limit,
                                    struct signer_key_list **list, struct signer_error *error)
{
    struct request request = { .operation = OPERATION_LIST_KEYS, .list_keys = { .after = after, .limit = limit } };
    bool from_one = after && *after;
    enum signer_status status = call_check(client, from_one, after, error);
    if (status != SIGNER_OK)
        return status;
    if (!list)
        return no_place(error);
    *list = NULL;
    struct wanted_list wanted = { from_one ? after : "", list };
    return call_run(client, &request, parse_list, &wanted, error);
}

/* -- changing a key -- */

enum signer_status signer_set_certificate(signer_client *client, const char *id, const char *pem, size_t length,
                                          struct signer_error *error)
{
    struct request request = {
        .operation = OPERATION_SET_CERTIFICATE,
        .set_certificate = { .id = id, .certificate = { (const uint8_t *)pem, length } },
    };
    enum signer_status status = call_check(client, true, id, error);
    if (status != SIGNER_OK)
        return status;
    if (!pem || length == 0 || length > CERTIFICATE_MAX)
        return error_set(error, SIGNER_INVALID_ARGUMENT, ERROR_ARGUMENT, "a certificate chain has 1 to %d bytes",
                         CERTIFICATE_MAX);
    return call_run(client, &request, NULL, NULL, error);
}

static enum signer_status parse_existed(const struct response *response, void *into, struct signer_error *error)
{
    (void)error;
    bool *existed = into;
    if (existed)
        *existed = response->destroy_key.existed;
    return SIGNER_OK;
}

enum signer_status signer_destroy(signer_client *client, const char *id, bool *existed, struct signer_error *error)
{
    struct request request = { .operation = OPERATION_DESTROY_KEY, .destroy_key = { .id = id } };
    enum signer_status status = call_check(client, true, id, error);
    if (status != SIGNER_OK)
        return status;
    return call_run(client, &request, parse_existed, existed, error);
}
