/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "signer/vault/openssl.h"
#include "signer/vault/signature.h"

static bool is_offered(enum algorithm algorithm)
{
    return openssl_algorithms() >> algorithm & 1;
}

static enum fault wrap(EVP_PKEY *pkey, enum algorithm algorithm, struct crypto_key **out)
{
    struct crypto_key *key = arena_alloc(sizeof *key);
    if (!key) {
        EVP_PKEY_free(pkey);
        return FAULT_MEMORY;
    }
    *key = (struct crypto_key){ .pkey = pkey, .algorithm = algorithm };
    *out = key;
    return FAULT_NONE;
}

/* libsodium makes Ed25519 signatures, so it needs the seed from OpenSSL's key; both are in the arena. */
static bool copy_seed(struct crypto_key *key)
{
    uint8_t seed[ED25519_SEED];
    size_t length = sizeof seed;
    if (key->algorithm != ALGORITHM_ED25519)
        return true;
    bool ok = EVP_PKEY_get_raw_private_key(key->pkey, seed, &length) == 1 && length == sizeof seed;
    if (ok)
        ed25519_expand(seed, key->ed25519);
    secret_wipe(seed, sizeof seed);
    return ok;
}

static bool set_size(EVP_PKEY_CTX *context, enum algorithm algorithm)
{
    if (algorithm_rsa_bits(algorithm))
        return EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)algorithm_rsa_bits(algorithm)) == 1;
    if (algorithm_group(algorithm))
        return EVP_PKEY_CTX_set_group_name(context, algorithm_group(algorithm)) == 1;
    return true;
}

enum fault crypto_generate(enum algorithm algorithm, struct policy policy, struct crypto_key **out)
{
    EVP_PKEY *pkey = NULL;
    size_t before = arena_shortages();
    if (!is_offered(algorithm))
        return FAULT_ALGORITHM;
    EVP_PKEY_CTX *context = openssl_generator(algorithm, policy.schemes == 1u << SCHEME_RSA_PSS);
    bool made = context && EVP_PKEY_keygen_init(context) == 1 && set_size(context, algorithm)
        && EVP_PKEY_generate(context, &pkey) == 1;
    EVP_PKEY_CTX_free(context);
    struct crypto_key *key = NULL;
    enum fault fault = made ? wrap(pkey, algorithm, &key) : openssl_fault_since(before, FAULT_CRYPTO);
    if (!fault && !copy_seed(key)) {
        crypto_free(key);
        fault = openssl_fault_since(before, FAULT_CRYPTO);
    }
    secret_wipe_stack();
    if (!fault)
        *out = key;
    return fault;
}

/* The key type that the PKCS#8 names, if it has an EVP_PKEY number; else EVP_PKEY_NONE. */
static int named_type(const PKCS8_PRIV_KEY_INFO *info)
{
    const ASN1_OBJECT *name;
    return PKCS8_pkey_get0(&name, NULL, NULL, NULL, info) == 1 ? EVP_PKEY_type(OBJ_obj2nid(name)) : EVP_PKEY_NONE;
}

/* Given the type, OpenSSL tries one decoder instead of all, which takes a third of the time. */
static EVP_PKEY *decode(const uint8_t *pkcs8, size_t length)
{
    const uint8_t *at = pkcs8, *again = pkcs8;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)length);
    bool whole = info && at == pkcs8 + length;
    int type = whole ? named_type(info) : EVP_PKEY_NONE;
    EVP_PKEY *pkey = NULL;
    if (type != EVP_PKEY_NONE)
        pkey = d2i_PrivateKey(type, NULL, &again, (long)length);
    else if (whole)
        pkey = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return pkey;
}

static bool has_type(const EVP_PKEY *pkey, enum algorithm algorithm)
{
    unsigned bits = algorithm_rsa_bits(algorithm);
    char group[32] = "";
    if (bits > 0)
        return (EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_is_a(pkey, "RSA-PSS")) && EVP_PKEY_get_bits(pkey) == (int)bits;
    if (!EVP_PKEY_is_a(pkey, algorithm_key_type(algorithm)))
        return false;
    if (!algorithm_group(algorithm))
        return true;
    return EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1
        && OBJ_txt2nid(group) == EC_curve_nist2nid(algorithm_group(algorithm));
}

/* A scheme that the algorithm supports. */
static enum scheme some_scheme(enum algorithm algorithm)
{
    return (enum scheme)__builtin_ctz(algorithm_policy(algorithm).schemes);
}

static bool sign_probe(struct crypto_key *key, const uint8_t *probe, size_t size, uint8_t *signature, size_t *length)
{
    enum scheme scheme = some_scheme(key->algorithm);
    if (!algorithm_scheme_wants_digest(scheme))
        return signature_make(key, scheme, HASH_NONE, probe, size, signature, length) == FAULT_NONE;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestSignInit(context, NULL, openssl_digest(HASH_SHA256), NULL, key->pkey) == 1
        && EVP_DigestSign(context, signature, length, probe, size) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

/* The public key in the PKCS#8 (EC, RSA) may not be that of the private key, so a signature must verify with it.
 * A signature of libsodium is verified by OpenSSL. */
static bool signs_for_itself(struct crypto_key *key)
{
    static const uint8_t probe[] = "signer: does this key sign for its public key?";
    uint8_t signature[8192];
    size_t length = sizeof signature;
    bool digest = algorithm_scheme_wants_digest(some_scheme(key->algorithm));
    EVP_MD_CTX *verify = EVP_MD_CTX_new();
    bool ok = verify && sign_probe(key, probe, sizeof probe, signature, &length)
        && EVP_DigestVerifyInit(verify, NULL, digest ? openssl_digest(HASH_SHA256) : NULL, NULL, key->pkey) == 1
        && EVP_DigestVerify(verify, signature, length, probe, sizeof probe) == 1;
    EVP_MD_CTX_free(verify);
    return ok;
}

/* An SLH-DSA signature takes a second, so OpenSSL recomputes the public root instead. */
static bool computes_to_itself(struct crypto_key *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool ok = context && EVP_PKEY_pairwise_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

static bool has_public(const struct crypto_key *key, const uint8_t *spki, size_t length)
{
    uint8_t *own = NULL;
    int size = i2d_PUBKEY(key->pkey, &own);
    bool same = size > 0 && (size_t)size == length && memcmp(own, spki, length) == 0;
    OPENSSL_free(own);
    return same;
}

/* One public key may have several encodings: if the bytes differ, the decoded keys are compared. */
static bool equals_public(const struct crypto_key *key, const uint8_t *spki, size_t length)
{
    const uint8_t *at = spki;
    EVP_PKEY *public_key = length <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)length) : NULL;
    bool same = public_key && at == spki + length && EVP_PKEY_eq(key->pkey, public_key) == 1;
    EVP_PKEY_free(public_key);
    return same;
}

static bool belongs_to(struct crypto_key *key, const uint8_t *spki, size_t length)
{
    if (!has_public(key, spki, length) && !equals_public(key, spki, length))
        return false;
    return algorithm_is_slow(key->algorithm) ? computes_to_itself(key) : signs_for_itself(key);
}

enum fault crypto_load(enum algorithm algorithm, const uint8_t *pkcs8, size_t length, const uint8_t *spki,
                       size_t spki_length, struct crypto_key **out)
{
    size_t before = arena_shortages();
    struct crypto_key *key = NULL;
    if (!is_offered(algorithm))
        return FAULT_ALGORITHM;
    EVP_PKEY *pkey = decode(pkcs8, length);
    enum fault fault = pkey ? wrap(pkey, algorithm, &key) : FAULT_KEY_TAMPERED;
    if (!fault && (!has_type(pkey, algorithm) || !copy_seed(key) || !belongs_to(key, spki, spki_length)))
        fault = FAULT_KEY_TAMPERED;
    secret_wipe_stack();
    if (!fault) {
        ERR_clear_error();
        *out = key;
        return FAULT_NONE;
    }
    crypto_free(key);
    return openssl_fault_since(before, fault);
}

void crypto_free(struct crypto_key *key)
{
    if (!key)
        return;
    EVP_PKEY_CTX_free(key->context);
    EVP_PKEY_free(key->pkey);
    arena_free(key);
}

size_t crypto_private_der(const struct crypto_key *key, uint8_t *out, size_t capacity)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
    if (length > 0 && (size_t)length <= capacity)
        length = i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    else
        length = 0;
    PKCS8_PRIV_KEY_INFO_free(info);
    return length > 0 ? (size_t)length : 0;
}

size_t crypto_public_der(const struct crypto_key *key, uint8_t *out, size_t capacity)
{
    int length = i2d_PUBKEY(key->pkey, NULL);
    if (length <= 0 || (size_t)length > capacity)
        return 0;
    length = i2d_PUBKEY(key->pkey, &out);
    return length > 0 ? (size_t)length : 0;
}

/* -- start -- */

/* Generates and uses one key of each cheap kind, so that OpenSSL's lazy initialization happens before the sandbox. */
static bool warm_up(void)
{
    static const struct {
        enum algorithm algorithm;
        enum scheme scheme;
        enum hash hash;
    } cheap[] = { { ALGORITHM_EC_P256, SCHEME_ECDSA, HASH_SHA256 }, { ALGORITHM_ED25519, SCHEME_EDDSA, HASH_NONE } };
    static const uint8_t input[32] = "signer warm-up";
    uint8_t random[32], signature[256];
    for (size_t i = 0; i < sizeof cheap / sizeof *cheap; i++) {
        struct crypto_key *key = NULL;
        size_t length = sizeof signature;
        enum algorithm algorithm = cheap[i].algorithm;
        if (crypto_generate(algorithm, algorithm_policy(algorithm), &key) != FAULT_NONE
            || signature_make(key, cheap[i].scheme, cheap[i].hash, input, sizeof input, signature, &length))
            return false;
        crypto_free(key);
    }
    return RAND_bytes(random, sizeof random) == 1 && RAND_priv_bytes(random, sizeof random) == 1;
}

bool crypto_start(void)
{
    return openssl_start() && warm_up();
}
