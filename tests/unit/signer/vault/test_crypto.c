#include "signer/vault/crypto.h"
#include "signer/vault/openssl.h"
#include "signer/vault/signature.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "keystore/key/key_public.h"
#include "keystore/key/sealed_key.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "proto/limits.h"
#include "tests/unit/unit.h"

/* OpenSSL takes the arena, which is one per process and not inherited: each test is a child. */

#define IN_A_CHILD(name)                                                                                               \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        unit_child(name##_body);                                                                                       \
    }

struct pair {
    uint8_t pkcs8[PKCS8_MAX], spki[KEY_PUBLIC_MAX];
    size_t pkcs8_length, spki_length;
};

static struct pair a, b;
static uint8_t signature[SIGNATURE_MAX];
static size_t signature_length;
static const uint8_t digest[64] = "as long as the longest digest that is signed, which is 64 bytes";

static bool start(void)
{
    return arena_open(ARENA_MAX) && secret_start() && crypto_start();
}

static bool is_offered(enum algorithm algorithm)
{
    return openssl_algorithms() >> algorithm & 1;
}

static bool make(enum algorithm algorithm, struct policy policy, struct pair *out)
{
    struct crypto_key *key = NULL;
    if (crypto_generate(algorithm, policy, &key) != FAULT_NONE)
        return false;
    out->pkcs8_length = crypto_private_der(key, out->pkcs8, sizeof out->pkcs8);
    out->spki_length = crypto_public_der(key, out->spki, sizeof out->spki);
    crypto_free(key);
    return out->pkcs8_length > 0 && out->spki_length > 0;
}

static enum fault load_as(enum algorithm algorithm, const struct pair *private, const struct pair *public,
                          struct crypto_key **out)
{
    *out = NULL;
    return crypto_load(algorithm, private->pkcs8, private->pkcs8_length, public->spki, public->spki_length, out);
}

static enum fault try_load(enum algorithm algorithm, const struct pair *private, const struct pair *public)
{
    struct crypto_key *key;
    enum fault fault = load_as(algorithm, private, public, &key);
    CU_ASSERT((key == NULL) == (fault != FAULT_NONE));
    crypto_free(key);
    return fault;
}

static enum fault sign(struct crypto_key *key, enum scheme scheme, enum hash hash)
{
    size_t length = algorithm_scheme_wants_digest(scheme) ? algorithm_hash_size(hash) : 47;
    signature_length = sizeof signature;
    return signature_make(key, scheme, hash, digest, length, signature, &signature_length);
}

/* -- plain OpenSSL as the judge -- */

static EVP_PKEY *public_of(const struct pair *pair)
{
    const uint8_t *at = pair->spki;
    return d2i_PUBKEY(NULL, &at, (long)pair->spki_length);
}

static bool set_padding(EVP_PKEY_CTX *context, enum scheme scheme, const EVP_MD *md)
{
    if (scheme == SCHEME_RSA_PKCS1)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return scheme != SCHEME_RSA_PSS
        || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, EVP_MD_get_size(md)) == 1);
}

static bool digest_verifies(EVP_PKEY *key, enum scheme scheme, enum hash hash)
{
    const EVP_MD *md = EVP_get_digestbyname(algorithm_hash_name(hash));
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool ok = md && EVP_PKEY_verify_init(context) == 1 && set_padding(context, scheme, md)
        && EVP_PKEY_CTX_set_signature_md(context, md) == 1
        && EVP_PKEY_verify(context, signature, signature_length, digest, algorithm_hash_size(hash)) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

static bool message_verifies(EVP_PKEY *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1
        && EVP_DigestVerify(context, signature, signature_length, digest, 47) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static bool verifies(const struct pair *pair, enum scheme scheme, enum hash hash)
{
    EVP_PKEY *key = public_of(pair);
    bool ok = key
        && (algorithm_scheme_wants_digest(scheme) ? digest_verifies(key, scheme, hash) : message_verifies(key));
    EVP_PKEY_free(key);
    return ok;
}

/* -- every algorithm -- */

static void check_scheme(struct crypto_key *key, enum scheme scheme, struct policy policy)
{
    for (enum hash hash = HASH_NONE; hash < HASH_COUNT; hash++) {
        if (algorithm_scheme_wants_digest(scheme) ? !(policy.hashes >> hash & 1) : hash != HASH_NONE)
            continue;
        CU_ASSERT(sign(key, scheme, hash) == FAULT_NONE && verifies(&a, scheme, hash));
        signature[signature_length / 2] ^= 1;
        CU_ASSERT(!verifies(&a, scheme, hash));
        CU_ASSERT(sign(key, scheme, hash) == FAULT_NONE && verifies(&a, scheme, hash));
    }
}

static void check_algorithm(enum algorithm algorithm)
{
    struct policy policy = algorithm_policy(algorithm);
    struct crypto_key *key;
    UNIT_NEED(make(algorithm, policy, &a));
    UNIT_NEED(load_as(algorithm, &a, &a, &key) == FAULT_NONE);
    for (enum scheme scheme = SCHEME_NONE; scheme < SCHEME_COUNT; scheme++)
        if (policy.schemes >> scheme & 1)
            check_scheme(key, scheme, policy);
    crypto_free(key);
}

/* One of the many SLH-DSA is enough: they take seconds each and are one code. */
static void test_every_algorithm_body(void)
{
    UNIT_NEED(start());
    CU_ASSERT(is_offered(ALGORITHM_RSA_2048) && is_offered(ALGORITHM_EC_P256) && is_offered(ALGORITHM_ED25519));
    for (enum algorithm algorithm = ALGORITHM_RSA_2048; algorithm < ALGORITHM_COUNT; algorithm++)
        if (is_offered(algorithm) && algorithm != ALGORITHM_RSA_4096
            && (!algorithm_is_slow(algorithm) || algorithm == ALGORITHM_SLH_DSA_SHA2_128F))
            check_algorithm(algorithm);
}
IN_A_CHILD(test_every_algorithm)

static void test_what_is_not_offered_body(void)
{
    struct crypto_key *key = NULL;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_ED25519, algorithm_policy(ALGORITHM_ED25519), &a));
    for (enum algorithm algorithm = ALGORITHM_NONE; algorithm < ALGORITHM_COUNT; algorithm++)
        if (!is_offered(algorithm)) {
            CU_ASSERT(crypto_generate(algorithm, algorithm_policy(algorithm), &key) == FAULT_ALGORITHM);
            CU_ASSERT(try_load(algorithm, &a, &a) == FAULT_ALGORITHM);
        }
}
IN_A_CHILD(test_what_is_not_offered)

static bool names_rsassa_pss(const struct pair *pair)
{
    static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a };
    return memmem(pair->spki, pair->spki_length, oid, sizeof oid) != NULL;
}

static void test_pss_alone_is_said_in_the_key_body(void)
{
    struct crypto_key *key;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_RSA_2048, (struct policy){ 1 << SCHEME_RSA_PSS, 14 }, &a));
    CU_ASSERT(names_rsassa_pss(&a));
    UNIT_NEED(load_as(ALGORITHM_RSA_2048, &a, &a, &key) == FAULT_NONE);
    CU_ASSERT(sign(key, SCHEME_RSA_PSS, HASH_SHA384) == FAULT_NONE);
    CU_ASSERT(verifies(&a, SCHEME_RSA_PSS, HASH_SHA384));
    CU_ASSERT(sign(key, SCHEME_RSA_PKCS1, HASH_SHA256) == FAULT_CRYPTO);
    CU_ASSERT(sign(key, SCHEME_RSA_PSS, HASH_SHA256) == FAULT_NONE);
    crypto_free(key);
    UNIT_NEED(make(ALGORITHM_RSA_2048, algorithm_policy(ALGORITHM_RSA_2048), &b));
    CU_ASSERT(!names_rsassa_pss(&b));
    CU_ASSERT(try_load(ALGORITHM_RSA_2048, &a, &b) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_pss_alone_is_said_in_the_key)

/* -- keys that do not belong together -- */

static void check_strangers(enum algorithm algorithm)
{
    UNIT_NEED(make(algorithm, algorithm_policy(algorithm), &a));
    UNIT_NEED(make(algorithm, algorithm_policy(algorithm), &b));
    CU_ASSERT(try_load(algorithm, &a, &a) == FAULT_NONE);
    CU_ASSERT(try_load(algorithm, &a, &b) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(algorithm, &b, &a) == FAULT_KEY_TAMPERED);
}

static void test_another_keys_public_half_body(void)
{
    static const enum algorithm some[] = { ALGORITHM_RSA_2048, ALGORITHM_EC_P256, ALGORITHM_EC_P521,
                                           ALGORITHM_ED25519,  ALGORITHM_ED448,   ALGORITHM_ML_DSA_65 };
    UNIT_NEED(start());
    for (size_t i = 0; i < UNIT_COUNT(some); i++)
        if (is_offered(some[i]))
            check_strangers(some[i]);
}
IN_A_CHILD(test_another_keys_public_half)

/* In the PKCS#8 of an EC key the point stands behind the number; OpenSSL believes it. */
static void test_a_foreign_point_in_the_private_half_body(void)
{
    enum { POINT = 65 };
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &b));
    uint8_t *end = a.pkcs8 + a.pkcs8_length;
    CU_ASSERT(memcmp(end - POINT, a.spki + a.spki_length - POINT, POINT) == 0);
    memcpy(end - POINT, b.spki + b.spki_length - POINT, POINT);
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &b) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &a) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_a_foreign_point_in_the_private_half)

static void test_another_algorithm_than_it_says_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    CU_ASSERT(try_load(ALGORITHM_EC_P384, &a, &a) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(ALGORITHM_RSA_2048, &a, &a) == FAULT_KEY_TAMPERED);
    CU_ASSERT(try_load(ALGORITHM_ED25519, &a, &a) == FAULT_KEY_TAMPERED);
    UNIT_NEED(make(ALGORITHM_RSA_2048, algorithm_policy(ALGORITHM_RSA_2048), &a));
    CU_ASSERT(try_load(ALGORITHM_RSA_3072, &a, &a) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_another_algorithm_than_it_says)

static void test_damaged_halves_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    struct pair whole = a;
    for (a.pkcs8_length = 0; a.pkcs8_length < whole.pkcs8_length; a.pkcs8_length++)
        CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &whole) == FAULT_KEY_TAMPERED);
    for (a.spki_length = 0; a.spki_length < whole.spki_length; a.spki_length++)
        CU_ASSERT(try_load(ALGORITHM_EC_P256, &whole, &a) == FAULT_KEY_TAMPERED);
    a = whole;
    a.pkcs8_length++;
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &whole) == FAULT_KEY_TAMPERED);
    a.spki_length++;
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &whole, &a) == FAULT_KEY_TAMPERED);
}
IN_A_CHILD(test_damaged_halves)

/* -- sizes and memory -- */

static void test_small_buffers_body(void)
{
    struct crypto_key *key;
    uint8_t out[512];
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_ED25519, algorithm_policy(ALGORITHM_ED25519), &a));
    UNIT_NEED(load_as(ALGORITHM_ED25519, &a, &a, &key) == FAULT_NONE);
    CU_ASSERT(crypto_private_der(key, out, a.pkcs8_length - 1) == 0);
    CU_ASSERT(crypto_private_der(key, out, a.pkcs8_length) == a.pkcs8_length);
    CU_ASSERT(crypto_public_der(key, out, a.spki_length - 1) == 0);
    CU_ASSERT(crypto_public_der(key, out, a.spki_length) == a.spki_length);
    signature_length = 63;
    CU_ASSERT(signature_make(key, SCHEME_EDDSA, HASH_NONE, digest, 5, signature, &signature_length) == FAULT_CRYPTO);
    CU_ASSERT(sign(key, SCHEME_EDDSA, HASH_NONE) == FAULT_NONE && signature_length == 64);
    crypto_free(key);
    crypto_free(NULL);
}
IN_A_CHILD(test_small_buffers)

static void use(enum algorithm algorithm)
{
    struct policy policy = algorithm_policy(algorithm);
    struct crypto_key *key;
    CU_ASSERT(make(algorithm, policy, &b));
    UNIT_NEED(load_as(algorithm, &b, &b, &key) == FAULT_NONE);
    for (enum scheme scheme = SCHEME_NONE; scheme < SCHEME_COUNT; scheme++)
        if (policy.schemes >> scheme & 1)
            CU_ASSERT(sign(key, scheme, algorithm_scheme_wants_digest(scheme) ? HASH_SHA256 : HASH_NONE) == FAULT_NONE);
    crypto_free(key);
    CU_ASSERT(try_load(algorithm, &a, &b) == FAULT_KEY_TAMPERED);
}

/* What OpenSSL keeps may move and then be 16 bytes larger or smaller; what is lost adds up. */
static void test_nothing_leaks_body(void)
{
    static const enum algorithm some[] = { ALGORITHM_EC_P256, ALGORITHM_EC_P384, ALGORITHM_ED25519, ALGORITHM_ED448 };
    enum { ROUNDS = 40, TOLERATED = 512 };
    size_t before = 0;
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < UNIT_COUNT(some); i++)
            use(some[i]);
        if (round % 10 == 0)
            use(ALGORITHM_RSA_2048);
        if (round == 0) /* which warms up */
            before = arena_available();
    }
    CU_ASSERT(arena_available() + TOLERATED > before);
}
IN_A_CHILD(test_nothing_leaks)

static void *fill_arena_but(size_t spare)
{
    void *ballast = NULL, **block;
    for (size_t size = arena_size(); size >= sizeof ballast; size /= 2)
        while (arena_available() > spare + size && (block = arena_alloc(size)) != NULL) {
            *block = ballast;
            ballast = block;
        }
    return ballast;
}

static void empty_arena(void *ballast)
{
    for (void *next; ballast; ballast = next) {
        next = *(void **)ballast;
        arena_free(ballast);
    }
}

static unsigned blamed, recovered;

static void judge_shortage(enum fault fault)
{
    blamed += fault != FAULT_NONE && fault != FAULT_MEMORY;
    recovered += fault == FAULT_NONE;
}

static void check_short_of(size_t spare)
{
    struct crypto_key *key = NULL;
    void *ballast = fill_arena_but(spare);
    judge_shortage(crypto_generate(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &key));
    crypto_free(key);
    judge_shortage(load_as(ALGORITHM_EC_P256, &a, &a, &key));
    if (key)
        judge_shortage(sign(key, SCHEME_ECDSA, HASH_SHA256));
    crypto_free(key);
    empty_arena(ballast);
}

static void sweep(void)
{
    for (size_t spare = 0; spare < 65536; spare += 112)
        check_short_of(spare);
}

/* Whatever allocation fails, the answer is that memory is short, and nothing is lost by it. */
static void test_short_of_memory_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(make(ALGORITHM_EC_P256, algorithm_policy(ALGORITHM_EC_P256), &a));
    use(ALGORITHM_EC_P256);
    sweep(); /* what OpenSSL keeps for good, it keeps after the first times */
    sweep();
    size_t before = arena_available();
    sweep();
    CU_ASSERT(arena_available() + 512 > before); /* more than 500 times it fell short */
    CU_ASSERT_EQUAL(blamed, 0);
    CU_ASSERT(recovered > 0);
    CU_ASSERT(try_load(ALGORITHM_EC_P256, &a, &a) == FAULT_NONE);
}
IN_A_CHILD(test_short_of_memory)

static void test_openssl_must_be_untouched_body(void)
{
    EVP_PKEY_CTX_free(EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL));
    UNIT_NEED(arena_open(ARENA_MAX) && secret_start());
    CU_ASSERT(!crypto_start());
}
IN_A_CHILD(test_openssl_must_be_untouched)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_algorithm),
        UNIT_TEST(test_what_is_not_offered),
        UNIT_TEST(test_pss_alone_is_said_in_the_key),
        UNIT_TEST(test_another_keys_public_half),
        UNIT_TEST(test_a_foreign_point_in_the_private_half),
        UNIT_TEST(test_another_algorithm_than_it_says),
        UNIT_TEST(test_damaged_halves),
        UNIT_TEST(test_small_buffers),
        UNIT_TEST(test_nothing_leaks),
        UNIT_TEST(test_short_of_memory),
        UNIT_TEST(test_openssl_must_be_untouched),
    };
    return UNIT_RUN("crypto", tests);
}
