/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/key.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/x509.h>

/* OpenSSL's error about an unknown algorithm is dropped: key_new reports a clearer one. */
static EVP_PKEY *read_public(struct provider *provider, const struct signer_key *known)
{
    const unsigned char *at = known->public_key;
    if (at == NULL || known->public_key_length > LONG_MAX)
        return NULL;
    ERR_set_mark();
    EVP_PKEY *public_half = d2i_PUBKEY_ex(NULL, &at, (long)known->public_key_length, provider->inner, NULL);
    ERR_pop_to_mark();
    return public_half;
}

struct key *key_empty(struct provider *provider)
{
    struct key *key = OPENSSL_zalloc(sizeof *key);
    if (key == NULL)
        return NULL;
    atomic_init(&key->references, 1);
    key->provider = provider;
    return key;
}

struct key *key_new(struct provider *provider, const struct signer_key *known)
{
    struct key *key = key_empty(provider);
    if (key == NULL)
        return NULL;
    key->id = OPENSSL_strdup(known->id);
    key->policy = known->policy;
    memcpy(key->public_key_sha256, known->public_key_sha256, sizeof key->public_key_sha256);
    key->public_half = read_public(provider, known);
    key->kind = key->public_half != NULL ? kind_of(key->public_half) : NULL;
    if (key->kind == NULL) {
        REPORT(&provider->report, "KEY_TYPE_UNSUPPORTED",
               "key %s is %s, which the OpenSSL in use does not know; "
               "OpenSSL 3.5 has ML-DSA and SLH-DSA",
               known->id, known->algorithm);
        key_free(key);
        return NULL;
    }
    if (key->id == NULL) {
        key_free(key);
        return NULL;
    }
    return key;
}

/* By reference: only this provider can use it. */
int key_pass(struct key *key, OSSL_CALLBACK *callback, void *argument)
{
    int type = OSSL_OBJECT_PKEY;
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

struct key *key_reference(struct key *key)
{
    atomic_fetch_add(&key->references, 1);
    return key;
}

void key_free(struct key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->references, 1) != 1)
        return;
    EVP_PKEY_free(key->public_half);
    OPENSSL_free(key->id);
    OPENSSL_free(key);
}
