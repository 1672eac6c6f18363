/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/keymgmt.h"

#include <stdint.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "client/provider/hash.h"
#include "client/provider/key.h"

/* Keys are never imported. But OpenSSL tries that first when it compares a key with a certificate's; without this
 * function it would leave an error in the queue although the comparison then succeeds. */
static void *new_empty(void *context)
{
    return key_empty(context);
}

/* `reference` is the address of the store's pointer to the key. Ownership moves here: the store's pointer becomes
 * NULL. */
static void *load(const void *reference, size_t size)
{
    struct key **from = NULL;
    if (size != sizeof from)
        return NULL;
    memcpy(&from, &reference, sizeof from);
    struct key *key = *from;
    *from = NULL;
    return key;
}

static void forget(void *data)
{
    key_free(data);
}

static void *duplicate(const void *data, int selection)
{
    (void)selection;
    return key_reference((struct key *)(uintptr_t)data);
}

/* Reports the private half as present, because OpenSSL calls this to find out whether the key can sign. */
static int has(const void *data, int selection)
{
    const struct key *key = data;
    (void)selection;
    return key != NULL && key->public_half != NULL;
}

static int match(const void *left, const void *right, int selection)
{
    const struct key *a = left, *b = right;
    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
        return EVP_PKEY_parameters_eq(a->public_half, b->public_half) == 1;
    return EVP_PKEY_eq(a->public_half, b->public_half) == 1;
}

static int get_params(void *data, OSSL_PARAM params[])
{
    struct key *key = data;
    OSSL_PARAM *mandatory = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_MANDATORY_DIGEST);
    OSSL_PARAM *usual = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_DEFAULT_DIGEST);
    const struct hash *hash = hash_default(&key->policy);
    if (!EVP_PKEY_get_params(key->public_half, params))
        return 0;
    if (key->kind->digested)
        return usual == NULL || hash == NULL || OSSL_PARAM_set_utf8_string(usual, hash->name);
    return mandatory == NULL || OSSL_PARAM_set_utf8_string(mandatory, "");
}

/* The union of the parameters of all kinds; EVP_PKEY_get_params fills those that the key has. */
static const OSSL_PARAM *gettable_params(void *context)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_END,
    };
    (void)context;
    return list;
}

/* A request for both halves is refused. If it were answered with only the public half, OpenSSL would sign with another
 * provider, which would fail for lack of a private key. */
static int export(void *data, int selection, OSSL_CALLBACK *callback, void *argument)
{
    struct key *key = data;
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) {
        REPORT(&key->provider->report, "KEY_STAYS_IN_SIGNER",
               "the private key of signer://%s does not leave the signer; its public key does (openssl pkey -pubout)",
               key->id);
        return 0;
    }
    return EVP_PKEY_export(key->public_half, selection, callback, argument);
}

static const OSSL_PARAM *export_types(int selection)
{
    static const OSSL_PARAM none[] = { OSSL_PARAM_END };
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
        return none;
    return gettable_params(NULL);
}

static const char *ec_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *rsa_pss_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

#define COMMON                                                                                                         \
    { OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))new_empty }, { OSSL_FUNC_KEYMGMT_LOAD, (void (*)(void))load },            \
        { OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))forget }, { OSSL_FUNC_KEYMGMT_DUP, (void (*)(void))duplicate },      \
        { OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))has }, { OSSL_FUNC_KEYMGMT_MATCH, (void (*)(void))match },            \
        { OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))get_params },                                                  \
        { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))gettable_params },                                        \
        { OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void)) export },                                                         \
    {                                                                                                                  \
        OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))export_types                                                   \
    }

static const OSSL_DISPATCH plain[] = { COMMON, { 0, NULL } };

static const OSSL_DISPATCH ec[] = {
    COMMON,
    { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))ec_operation },
    { 0, NULL },
};

static const OSSL_DISPATCH rsa_pss[] = {
    COMMON,
    { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))rsa_pss_operation },
    { 0, NULL },
};

const OSSL_DISPATCH *keymgmt_functions(const struct kind *kind)
{
    if (kind->scheme == SIGNER_ECDSA)
        return ec;
    return kind->scheme == SIGNER_RSA_PSS ? rsa_pss : plain;
}
