/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/public.h"

#include <stdint.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

static int prepare_verify(EVP_PKEY_CTX *context, const struct key *key, const struct hash *hash,
                          struct padding *padding)
{
    OSSL_PARAM params[PADDING_PARAMS + 1] = { OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST,
                                                                               (char *)(uintptr_t)hash->name, 0) };
    params[1] = OSSL_PARAM_construct_end();
    if (kind_is_rsa(key->kind))
        padding_params(padding, params + 1);
    return EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_CTX_set_params(context, params) == 1;
}

int public_verify_digest(const struct key *key, const struct hash *hash, const struct padding *padding,
                         struct octets digest, struct octets signature)
{
    struct padding padded = *padding;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(key->provider->inner, key->public_half, NULL);
    int good = context != NULL && prepare_verify(context, key, hash, &padded)
        && EVP_PKEY_verify(context, signature.bytes, signature.length, digest.bytes, digest.length) == 1;
    EVP_PKEY_CTX_free(context);
    return good;
}

/* A digest context, initialized to verify with the public half; the caller frees it. */
static EVP_MD_CTX *begin(const struct key *key, const struct hash *hash, OSSL_PARAM params[], EVP_PKEY_CTX **inside)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL
        && EVP_DigestVerifyInit_ex(context, inside, hash != NULL ? hash->name : NULL, key->provider->inner, NULL,
                                   key->public_half, params)
            == 1)
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

int public_verify_message(const struct key *key, struct octets message, struct octets signature)
{
    EVP_MD_CTX *context = begin(key, NULL, NULL, NULL);
    int good = context != NULL
        && EVP_DigestVerify(context, signature.bytes, signature.length, message.bytes, message.length) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

int public_algorithm_id(const struct key *key, const struct hash *hash, const struct padding *padding,
                        OSSL_PARAM *param)
{
    OSSL_PARAM how[PADDING_PARAMS] = { OSSL_PARAM_construct_end() };
    OSSL_PARAM wanted[2] = { *param, OSSL_PARAM_construct_end() };
    struct padding signed_with = *padding;
    EVP_PKEY_CTX *inside = NULL;

    signed_with.salt = RSA_PSS_SALTLEN_DIGEST;
    if (kind_is_rsa(key->kind))
        padding_params(&signed_with, how);
    EVP_MD_CTX *context = begin(key, hash, how, &inside);
    int good = context != NULL && EVP_PKEY_CTX_get_params(inside, wanted) == 1;
    param->return_size = wanted[0].return_size;
    EVP_MD_CTX_free(context);
    return good;
}
