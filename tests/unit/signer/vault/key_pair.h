/* SPDX-License-Identifier: Apache-2.0 */
/* Key pairs that a vault's code makes and loads, and plain OpenSSL as the judge of its signatures.
 *
 * OpenSSL takes the arena, which is one per process and not inherited: each test is a child. */
#ifndef TESTS_UNIT_SIGNER_VAULT_KEY_PAIR_H
#define TESTS_UNIT_SIGNER_VAULT_KEY_PAIR_H

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "keystore/key/key_public.h"
#include "keystore/key/sealed_key.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "proto/limits.h"
#include "signer/vault/crypto.h"
#include "signer/vault/openssl.h"
#include "signer/vault/signature.h"
#include "tests/unit/unit.h"

#define IN_A_CHILD(name)                                                                                               \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        unit_child(name##_body);                                                                                       \
    }

struct pair {
    uint8_t pkcs8[PKCS8_MAX], spki[KEY_PUBLIC_MAX];
    size_t pkcs8_length, spki_length;
};

static uint8_t signature[SIGNATURE_MAX];
static size_t signature_length;
static const uint8_t digest[64] = "as long as the longest digest that is signed, which is 64 bytes";

static inline bool start(void)
{
    return arena_open(ARENA_MAX) && secret_start() && crypto_start();
}

static inline bool is_offered(enum algorithm algorithm)
{
    return openssl_algorithms() >> algorithm & 1;
}

static inline bool make(enum algorithm algorithm, struct policy policy, struct pair *out)
{
    struct crypto_key *key = NULL;
    if (crypto_generate(algorithm, policy, &key) != FAULT_NONE)
        return false;
    out->pkcs8_length = crypto_private_der(key, out->pkcs8, sizeof out->pkcs8);
    out->spki_length = crypto_public_der(key, out->spki, sizeof out->spki);
    crypto_free(key);
    return out->pkcs8_length > 0 && out->spki_length > 0;
}

static inline enum fault load_as(enum algorithm algorithm, const struct pair *private, const struct pair *public,
                                 struct crypto_key **out)
{
    *out = NULL;
    return crypto_load(algorithm, private->pkcs8, private->pkcs8_length, public->spki, public->spki_length, out);
}

static inline enum fault try_load(enum algorithm algorithm, const struct pair *private, const struct pair *public)
{
    struct crypto_key *key;
    enum fault fault = load_as(algorithm, private, public, &key);
    CU_ASSERT((key == NULL) == (fault != FAULT_NONE));
    crypto_free(key);
    return fault;
}

static inline enum fault sign(struct crypto_key *key, enum scheme scheme, enum hash hash)
{
    size_t length = algorithm_scheme_wants_digest(scheme) ? algorithm_hash_size(hash) : 47;
    signature_length = sizeof signature;
    return signature_make(key, scheme, hash, digest, length, signature, &signature_length);
}

/* -- plain OpenSSL as the judge -- */

static inline EVP_PKEY *public_of(const struct pair *pair)
{
    const uint8_t *at = pair->spki;
    return d2i_PUBKEY(NULL, &at, (long)pair->spki_length);
}

static inline bool set_padding(EVP_PKEY_CTX *context, enum scheme scheme, const EVP_MD *md)
{
    if (scheme == SCHEME_RSA_PKCS1)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return scheme != SCHEME_RSA_PSS
        || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, EVP_MD_get_size(md)) == 1);
}

static inline bool digest_verifies(EVP_PKEY *key, enum scheme scheme, enum hash hash)
{
    const EVP_MD *md = EVP_get_digestbyname(algorithm_hash_name(hash));
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool ok = md && EVP_PKEY_verify_init(context) == 1 && set_padding(context, scheme, md)
        && EVP_PKEY_CTX_set_signature_md(context, md) == 1
        && EVP_PKEY_verify(context, signature, signature_length, digest, algorithm_hash_size(hash)) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

static inline bool message_verifies(EVP_PKEY *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1
        && EVP_DigestVerify(context, signature, signature_length, digest, 47) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static inline bool verifies(const struct pair *pair, enum scheme scheme, enum hash hash)
{
    EVP_PKEY *key = public_of(pair);
    bool ok = key
        && (algorithm_scheme_wants_digest(scheme) ? digest_verifies(key, scheme, hash) : message_verifies(key));
    EVP_PKEY_free(key);
    return ok;
}

#endif
