/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/signature.h"

#include <openssl/rsa.h>

#include "keystore/memory/arena.h"
#include "signer/vault/openssl.h"

static bool prepare_rsa(EVP_PKEY_CTX *context, enum scheme scheme, enum hash hash)
{
    int padding = scheme == SCHEME_RSA_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
    if (EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1
        || EVP_PKEY_CTX_set_signature_md(context, openssl_digest(hash)) != 1)
        return false;
    return scheme != SCHEME_RSA_PSS
        || (EVP_PKEY_CTX_set_rsa_mgf1_md(context, openssl_digest(hash)) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static bool prepare(struct crypto_key *key, enum scheme scheme, enum hash hash)
{
    if (key->context && key->scheme == scheme && key->hash == hash)
        return true;
    EVP_PKEY_CTX_free(key->context);
    key->context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool ready = key->context && EVP_PKEY_sign_init(key->context) == 1
        && (scheme == SCHEME_ECDSA ? EVP_PKEY_CTX_set_signature_md(key->context, openssl_digest(hash)) == 1
                                   : prepare_rsa(key->context, scheme, hash));
    key->scheme = scheme;
    key->hash = hash;
    if (!ready) {
        EVP_PKEY_CTX_free(key->context);
        key->context = NULL;
    }
    return ready;
}

static bool sign_ed25519(const struct crypto_key *key, const uint8_t *input, size_t input_length, uint8_t *signature,
                         size_t *length)
{
    if (*length < ED25519_SIGNATURE)
        return false;
    ed25519_sign(key->ed25519, input, input_length, signature);
    *length = ED25519_SIGNATURE;
    return true;
}

static bool sign_message(struct crypto_key *key, const uint8_t *input, size_t input_length, uint8_t *signature,
                         size_t *length)
{
    if (key->algorithm == ALGORITHM_ED25519)
        return sign_ed25519(key, input, input_length, signature, length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1
        && EVP_DigestSign(context, signature, length, input, input_length) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

enum fault signature_make(struct crypto_key *key, enum scheme scheme, enum hash hash, const uint8_t *input,
                          size_t input_length, uint8_t *signature, size_t *length)
{
    bool ok;
    size_t before = arena_shortages();
    if (algorithm_scheme_wants_digest(scheme))
        ok = prepare(key, scheme, hash) && EVP_PKEY_sign(key->context, signature, length, input, input_length) == 1;
    else
        ok = sign_message(key, input, input_length, signature, length);
    return ok ? FAULT_NONE : openssl_fault_since(before, FAULT_CRYPTO);
}
