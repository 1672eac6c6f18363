/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/store.h"

#include <stdbool.h>
#include <stdint.h>

#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/store.h>

#include "client/provider/fetch.h"
#include "client/provider/key.h"

/* What signer://ID gives: the key, its certificate, and the rest of the chain. */
struct store {
    struct provider *provider;
    char *id;
    int expected; /* OSSL_STORE_INFO_…, 0: anything */
    bool begun;   /* the signer was asked, with success or not; otherwise callers would repeat for ever */
    bool has_key; /* `known` is still to be given as a key */
    struct signer_key *known;
    BIO *chain;                 /* of the key's certificates, PEM, those that were not read yet */
    unsigned char *certificate; /* the next one, DER; NULL: there is none */
    long certificate_length;
};

static int close_store(void *context)
{
    struct store *store = context;
    OPENSSL_free(store->certificate);
    BIO_free(store->chain);
    signer_key_free(store->known);
    OPENSSL_free(store->id);
    OPENSSL_free(store);
    return 1;
}

static void *open_store(void *context, const char *uri)
{
    struct provider *provider = context;
    const char *id = signer_uri_id(uri);
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

/* The private key, by reference; or the public key as DER, which OpenSSL decodes into a key of its own provider. */
static int pass_key(struct store *store, OSSL_CALLBACK *callback, void *argument)
{
    static char structure[] = "SubjectPublicKeyInfo";
    const struct signer_key *known = store->known;
    int type = OSSL_OBJECT_PKEY;
    if (store->expected != OSSL_STORE_INFO_PUBKEY)
        return key_pass(key_new(store->provider, known), callback, argument);
    OSSL_PARAM object[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, known->public_key, known->public_key_length),
        OSSL_PARAM_construct_end(),
    };
    return callback(object, argument);
}

/* The signer has checked the chain when it was stored, so that what cannot be read is only its end. */
static void find_certificate(struct store *store)
{
    char *label = NULL, *header = NULL;
    OPENSSL_free(store->certificate);
    store->certificate = NULL;
    ERR_set_mark();
    if (store->chain == NULL
        || PEM_read_bio(store->chain, &label, &header, &store->certificate, &store->certificate_length) != 1)
        store->certificate = NULL;
    ERR_pop_to_mark();
    OPENSSL_free(label);
    OPENSSL_free(header);
}

static int pass_certificate(struct store *store, OSSL_CALLBACK *callback, void *argument)
{
    int type = OSSL_OBJECT_CERT;
    OSSL_PARAM object[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, store->certificate,
                                          (size_t)store->certificate_length),
        OSSL_PARAM_construct_end(),
    };
    int given = callback(object, argument);
    find_certificate(store);
    return given;
}

/* Asks the signer, and finds what of its answer is expected. */
static int begin(struct store *store)
{
    const bool any = store->expected == 0;
    store->begun = true;
    store->known = fetch_key(store->provider, store->id);
    if (store->known == NULL)
        return 0;
    store->has_key = any || store->expected == OSSL_STORE_INFO_PKEY || store->expected == OSSL_STORE_INFO_PUBKEY;
    if (store->known->certificate != NULL && (any || store->expected == OSSL_STORE_INFO_CERT))
        store->chain = BIO_new_mem_buf(store->known->certificate, -1);
    find_certificate(store);
    if (store->has_key || store->certificate != NULL)
        return 1;
    REPORT(&store->provider->report, "CERTIFICATE_MISSING",
           "key %s has no certificate in the signer: store it with signerctl cert %s --set FILE", store->id, store->id);
    return 0;
}

static int load(void *context, OSSL_CALLBACK *callback, void *argument, OSSL_PASSPHRASE_CALLBACK *passphrase,
                void *passphrase_argument)
{
    struct store *store = context;
    (void)passphrase;
    (void)passphrase_argument;
    if (!store->begun && !begin(store))
        return 0;
    if (!store->has_key)
        return store->certificate != NULL && pass_certificate(store, callback, argument);
    store->has_key = false;
    return pass_key(store, callback, argument);
}

static int eof(void *context)
{
    struct store *store = context;
    return store->begun && !store->has_key && store->certificate == NULL;
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
