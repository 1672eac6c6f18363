/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/store.h"

#include <stdbool.h>
#include <stdint.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/store.h>

#include "client/provider/key.h"
#include "client/provider/uri.h"

struct store {
    struct provider *provider;
    char *id;
    int expected; /* OSSL_STORE_INFO_…, 0: anything */
    bool done;
};

static int close_store(void *context)
{
    struct store *store = context;
    OPENSSL_free(store->id);
    OPENSSL_free(store);
    return 1;
}

static void *open_store(void *context, const char *uri)
{
    struct provider *provider = context;
    const char *id = uri_id(uri);
    if (id == NULL) {
        REPORT(&provider->report, "URI_INVALID",
               "%.120s: a key is named signer://ID, where ID is 1 to 64 of a-z 0-9 . _ - and begins with a letter or "
               "digit",
               uri);
        return NULL;
    }
    struct store *store = OPENSSL_zalloc(sizeof *store);
    if (store == NULL)
        return NULL;
    store->provider = provider;
    store->id = OPENSSL_strdup(id);
    if (store->id != NULL)
        return store;
    close_store(store);
    return NULL;
}

static const OSSL_PARAM *settable_ctx_params(void *context)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
        OSSL_PARAM_END,
    };
    (void)context;
    return list;
}

static int set_ctx_params(void *context, const OSSL_PARAM params[])
{
    struct store *store = context;
    const OSSL_PARAM *expect = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);
    return expect == NULL || OSSL_PARAM_get_int(expect, &store->expected);
}

/* Passes the key itself, by reference: only this provider can use it. */
static int pass_key(struct store *store, const struct signer_key *known, OSSL_CALLBACK *callback, void *argument)
{
    int type = OSSL_OBJECT_PKEY;
    struct key *key = key_new(store->provider, known);
    struct key **reference = &key;
    if (key == NULL)
        return 0;
    OSSL_PARAM object[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)(uintptr_t)key->kind->name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, reference, sizeof reference),
        OSSL_PARAM_construct_end(),
    };
    int given = callback(object, argument);
    key_free(key); /* NULL if keymgmt's load has taken it */
    return given;
}

/* Passes the public key as DER, which OpenSSL decodes into a key of its own provider. */
static int pass_public(const struct signer_key *known, OSSL_CALLBACK *callback, void *argument)
{
    static char structure[] = "SubjectPublicKeyInfo";
    int type = OSSL_OBJECT_PKEY;
    OSSL_PARAM object[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, known->public_key, known->public_key_length),
        OSSL_PARAM_construct_end(),
    };
    return callback(object, argument);
}

static int load(void *context, OSSL_CALLBACK *callback, void *argument, OSSL_PASSPHRASE_CALLBACK *passphrase,
                void *passphrase_argument)
{
    struct store *store = context;
    struct signer_error error = { 0 };
    struct signer_key *known = NULL;

    (void)passphrase;
    (void)passphrase_argument;
    store->done = true; /* after a failure too; otherwise callers would repeat for ever */
    if (store->provider->client == NULL) {
        REPORT(&store->provider->report, "SETTING_INVALID",
               "the settings of the signer provider, in the environment or in openssl.cnf: %s",
               store->provider->refusal.message);
        return 0;
    }
    if (signer_get_key(store->provider->client, store->id, &known, &error) != SIGNER_OK) {
        REPORT_SIGNER(&store->provider->report, &error);
        return 0;
    }
    int given = store->expected == OSSL_STORE_INFO_PUBKEY ? pass_public(known, callback, argument)
                                                          : pass_key(store, known, callback, argument);
    signer_key_free(known);
    return given;
}

static int eof(void *context)
{
    struct store *store = context;
    return store->done;
}

const OSSL_DISPATCH store_functions[] = {
    { OSSL_FUNC_STORE_OPEN, (void (*)(void))open_store },
    { OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, (void (*)(void))settable_ctx_params },
    { OSSL_FUNC_STORE_SET_CTX_PARAMS, (void (*)(void))set_ctx_params },
    { OSSL_FUNC_STORE_LOAD, (void (*)(void))load },
    { OSSL_FUNC_STORE_EOF, (void (*)(void))eof },
    { OSSL_FUNC_STORE_CLOSE, (void (*)(void))close_store },
    { 0, NULL },
};
