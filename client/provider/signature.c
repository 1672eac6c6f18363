/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/signature.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "client/provider/public.h"
#include "client/provider/signing.h"

static void *newctx(void *context, const char *properties)
{
    (void)properties;
    return signing_new(context);
}

static void freectx(void *context)
{
    signing_free(context);
}

static void *dupctx(void *context)
{
    return signing_copy(context);
}

/* -- parameters -- */

/* The parameters that this provider accepts. Properties are accepted and ignored: the algorithm was fetched already. */
static bool is_known(const struct signing *signing, const char *key)
{
    static const char *const common[] = { OSSL_SIGNATURE_PARAM_DIGEST, OSSL_SIGNATURE_PARAM_PROPERTIES };
    static const char *const rsa[] = { OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_SIGNATURE_PARAM_PSS_SALTLEN,
                                       OSSL_SIGNATURE_PARAM_MGF1_DIGEST, OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES };
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (strcmp(key, common[i]) == 0)
            return true;
    if (signing->key == NULL || !kind_is_rsa(signing->key->kind))
        return false;
    for (size_t i = 0; i < sizeof rsa / sizeof rsa[0]; i++)
        if (strcmp(key, rsa[i]) == 0)
            return true;
    return false;
}

/* Refuses unknown parameters. Ignoring a context string, a prehash variant or a nonce type would make another signature
 * than the requested one. */
static int refuse_unknown(const struct signing *signing, const OSSL_PARAM params[])
{
    for (; params->key != NULL; params++) {
        bool empty_context = strcmp(params->key, "context-string") == 0 && params->data_size == 0;
        if (empty_context || is_known(signing, params->key))
            continue;
        REPORT(&signing->provider->report, "PARAMETER_UNSUPPORTED",
               "the signer does not support the parameter %s: leave it out", params->key);
        return 0;
    }
    return 1;
}

static int set_ctx_params(void *context, const OSSL_PARAM params[])
{
    struct signing *signing = context;
    const char *name = NULL;
    if (params == NULL)
        return 1;
    if (!refuse_unknown(signing, params))
        return 0;
    const OSSL_PARAM *digest = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
    if (digest != NULL && !OSSL_PARAM_get_utf8_string_ptr(digest, &name))
        return 0;
    if (!signing_choose_hash(signing, name))
        return 0;
    if (signing->key == NULL || !kind_is_rsa(signing->key->kind))
        return 1;
    return padding_set(&signing->padding, &signing->provider->report, params);
}

static int get_algorithm_id(struct signing *signing, OSSL_PARAM *param)
{
    if (signing->key == NULL || (signing->key->kind->digested && signing->hash == NULL))
        return 0;
    if (signing->hash != NULL && !padding_check(&signing->padding, &signing->provider->report, signing->hash))
        return 0;
    return public_algorithm_id(signing->key, signing->hash, &signing->padding, param);
}

static int get_ctx_params(void *context, OSSL_PARAM params[])
{
    struct signing *signing = context;
    OSSL_PARAM *id = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    OSSL_PARAM *digest = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
    const char *name = signing->hash != NULL ? signing->hash->name : "";
    if (id != NULL && !get_algorithm_id(signing, id))
        return 0;
    if (digest != NULL && !OSSL_PARAM_set_utf8_string(digest, name))
        return 0;
    return padding_get(&signing->padding, signing->hash, params);
}

static const OSSL_PARAM *settable_ctx_params(void *context, void *provider)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };
    (void)context;
    (void)provider;
    return list;
}

static const OSSL_PARAM *gettable_ctx_params(void *context, void *provider)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };
    (void)context;
    (void)provider;
    return list;
}

/* -- signing a given digest -- */

static int begin_raw(void *context, void *key, const OSSL_PARAM params[])
{
    return signing_begin(context, key) && set_ctx_params(context, params);
}

static int sign_raw(void *context, unsigned char *signature, size_t *length, size_t capacity,
                    const unsigned char *digest, size_t digest_length)
{
    return (signature == NULL || signing_accept_digest(context, digest_length))
        && signing_sign(context, digest, digest_length, signature, length, capacity);
}

static int verify_raw(void *context, const unsigned char *signature, size_t length, const unsigned char *digest,
                      size_t digest_length)
{
    struct signing *signing = context;
    return signing_accept_digest(signing, digest_length)
        && public_verify_digest(signing->key, signing->hash, &signing->padding,
                                (struct octets){ digest, digest_length }, (struct octets){ signature, length });
}

/* -- hashing here, then signing the digest -- */

static int begin_digest(void *context, const char *name, void *key, const OSSL_PARAM params[])
{
    return signing_begin(context, key) && signing_choose_hash(context, name) && set_ctx_params(context, params)
        && signing_start_digest(context);
}

static int begin_digest_sign(void *context, const char *name, void *key, const OSSL_PARAM params[])
{
    return begin_digest(context, name, key, params) && signing_check_policy(context);
}

static int update(void *context, const unsigned char *data, size_t length)
{
    struct signing *signing = context;
    return signing->streaming && EVP_DigestUpdate(signing->digest, data, length) == 1;
}

static int sign_final(void *context, unsigned char *signature, size_t *length, size_t capacity)
{
    struct signing *signing = context;
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    if (signature != NULL && !signing_finish_digest(signing, digest))
        return 0;
    return signing_sign(signing, digest, signing->hash->size, signature, length, capacity);
}

static int verify_final(void *context, const unsigned char *signature, size_t length)
{
    struct signing *signing = context;
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    return signing_finish_digest(signing, digest)
        && public_verify_digest(signing->key, signing->hash, &signing->padding,
                                (struct octets){ digest, signing->hash->size }, (struct octets){ signature, length });
}

/* -- signing a whole message -- */

static int sign_message(void *context, unsigned char *signature, size_t *length, size_t capacity,
                        const unsigned char *message, size_t message_length)
{
    return signing_sign(context, message, message_length, signature, length, capacity);
}

static int verify_message(void *context, const unsigned char *signature, size_t length, const unsigned char *message,
                          size_t message_length)
{
    struct signing *signing = context;
    return public_verify_message(signing->key, (struct octets){ message, message_length },
                                 (struct octets){ signature, length });
}

#define COMMON                                                                                                         \
    { OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))newctx }, { OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))freectx },  \
        { OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))dupctx },                                                        \
        { OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))set_ctx_params },                                        \
        { OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))get_ctx_params },                                        \
        { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))settable_ctx_params },                              \
        { OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (void (*)(void))gettable_ctx_params },                              \
        { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))begin_digest_sign },                                   \
    {                                                                                                                  \
        OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (void (*)(void))begin_digest                                           \
    }

static const OSSL_DISPATCH digested[] = {
    COMMON,
    { OSSL_FUNC_SIGNATURE_SIGN_INIT, (void (*)(void))begin_raw },
    { OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))sign_raw },
    { OSSL_FUNC_SIGNATURE_VERIFY_INIT, (void (*)(void))begin_raw },
    { OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))verify_raw },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (void (*)(void))update },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (void (*)(void))sign_final },
    { OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, (void (*)(void))update },
    { OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, (void (*)(void))verify_final },
    { 0, NULL },
};

static const OSSL_DISPATCH whole[] = {
    COMMON,
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void))sign_message },
    { OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (void (*)(void))verify_message },
    { 0, NULL },
};

const OSSL_DISPATCH *signature_functions(const struct kind *kind)
{
    return kind->digested ? digested : whole;
}
