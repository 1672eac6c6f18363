/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/seal.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum { PLAIN = 138, SEALED = PLAIN + PAYLOAD_OVERHEAD };

static const uint8_t prefix[] = "SIGNRKEY\0\0\0\1", public_part[] = "what the key is, for all to read";
static const struct seal_context context = { prefix, 12, public_part, sizeof public_part };
static struct kek kek;
static struct data_key key;
static uint8_t nonce[SEAL_NONCE_SIZE], plain[PLAIN];

static bool prepare(void)
{
    uint8_t raw[KEK_SIZE];
    for (size_t i = 0; i < sizeof raw; i++) {
        raw[i] = (uint8_t)i;
        key.key[i] = (uint8_t)(0x20 + i);
    }
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(0x60 + i);
    memset(plain, 0xc9, sizeof plain);
    return secret_start() && kek_from_bytes(raw, &kek) == FAULT_NONE;
}

static struct seal_context other_public(void)
{
    static uint8_t other[sizeof public_part];
    memcpy(other, public_part, sizeof other);
    other[0] ^= 1;
    return (struct seal_context){ prefix, 12, other, sizeof other };
}

static struct seal_context other_prefix(void)
{
    return (struct seal_context){ (const uint8_t *)"SIGNRKEY\0\0\0\2", 12, public_part, sizeof public_part };
}

/* -- wraps -- */

static void test_a_wrap_opens_with_its_kek(void)
{
    uint8_t wrap[WRAP_SIZE];
    struct data_key opened = { { 0 } };
    seal_wrap(&context, &kek, &key, nonce, wrap);
    CU_ASSERT(memcmp(wrap, kek.id.bytes, KEK_ID_SIZE) == 0);
    CU_ASSERT(memcmp(wrap + KEK_ID_SIZE, nonce, sizeof nonce) == 0);
    CU_ASSERT(seal_unwrap(&context, &kek, wrap, &opened) == FAULT_NONE);
    CU_ASSERT(memcmp(&opened, &key, sizeof key) == 0);
}

static void expect_no_unwrap(const struct seal_context *as, const struct kek *with, const uint8_t *wrap)
{
    struct data_key opened = key;
    CU_ASSERT(seal_unwrap(as, with, wrap, &opened) == FAULT_KEY_TAMPERED);
    CU_ASSERT(unit_all(opened.key, sizeof opened.key, 0));
}

static void test_a_wrap_with_a_flipped_bit_does_not_open(void)
{
    uint8_t wrap[WRAP_SIZE];
    seal_wrap(&context, &kek, &key, nonce, wrap);
    for (size_t bit = 0; bit < 8 * sizeof wrap; bit++) {
        wrap[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_no_unwrap(&context, &kek, wrap);
        wrap[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_a_wrap_is_bound(void)
{
    uint8_t wrap[WRAP_SIZE];
    struct seal_context public = other_public(), version = other_prefix();
    struct kek other = kek;
    other.key[0] ^= 1;
    seal_wrap(&context, &kek, &key, nonce, wrap);
    expect_no_unwrap(&public, &kek, wrap);
    expect_no_unwrap(&version, &kek, wrap);
    expect_no_unwrap(&context, &other, wrap);
}

static void test_the_tag_of_wraps_is_of_the_key_and_of_every_bit_of_them(void)
{
    uint8_t wraps[2 * WRAP_SIZE] = { 0 }, tag[SEAL_HASH_SIZE], other[SEAL_HASH_SIZE];
    struct data_key another = key;
    another.key[31] ^= 1;
    seal_wraps_tag(&key, wraps, sizeof wraps, tag);
    seal_wraps_tag(&key, wraps, WRAP_SIZE, other);
    CU_ASSERT(memcmp(tag, other, sizeof tag) != 0);
    seal_wraps_tag(&another, wraps, sizeof wraps, other);
    CU_ASSERT(memcmp(tag, other, sizeof tag) != 0);
    wraps[sizeof wraps - 1] ^= 1;
    seal_wraps_tag(&key, wraps, sizeof wraps, other);
    CU_ASSERT(memcmp(tag, other, sizeof tag) != 0);
}

/* -- payload -- */

/* The commitment of FORMAT.md, made with another library. */
static void test_the_commitment_stands_first(void)
{
    uint8_t sealed[SEALED], wanted[SEAL_HASH_SIZE];
    seal_payload(&context, &key, nonce, plain, sizeof plain, sealed);
    CU_ASSERT(unit_hex("96b4ee8132045d18219836c8232e900c1377be143e475a23e84d2813ac6a965e", wanted, sizeof wanted)
              == sizeof wanted);
    CU_ASSERT(memcmp(sealed, wanted, sizeof wanted) == 0);
    CU_ASSERT(memcmp(sealed + SEAL_HASH_SIZE, nonce, sizeof nonce) == 0);
}

static void test_a_payload_of_every_length_opens_with_its_key(void)
{
    uint8_t sealed[SEALED], opened[PLAIN];
    for (size_t length = 0; length <= PLAIN; length++) {
        memset(opened, 0, sizeof opened);
        seal_payload(&context, &key, nonce, plain, length, sealed);
        CU_ASSERT(seal_open_payload(&context, &key, sealed, length + PAYLOAD_OVERHEAD, opened) == FAULT_NONE);
        CU_ASSERT(memcmp(opened, plain, length) == 0);
    }
}

/* What was in the buffer may still be there, or zeros; never what was sealed. */
static void expect_no_payload(const struct seal_context *as, const struct data_key *with, const uint8_t *sealed,
                              size_t length)
{
    uint8_t opened[PLAIN + 1];
    memset(opened, 0x11, sizeof opened);
    CU_ASSERT(seal_open_payload(as, with, sealed, length, opened) == FAULT_KEY_TAMPERED);
    for (size_t i = 0; i < sizeof opened; i++)
        CU_ASSERT(opened[i] == 0x11 || opened[i] == 0);
}

static void test_a_payload_with_a_flipped_bit_or_another_length_does_not_open(void)
{
    uint8_t sealed[SEALED + 1];
    seal_payload(&context, &key, nonce, plain, sizeof plain, sealed);
    sealed[SEALED] = 0;
    for (size_t bit = 0; bit < 8 * SEALED; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_no_payload(&context, &key, sealed, SEALED);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t length = 0; length <= sizeof sealed; length++)
        if (length != SEALED)
            expect_no_payload(&context, &key, sealed, length);
}

static void test_a_payload_is_bound(void)
{
    uint8_t sealed[SEALED];
    struct seal_context public = other_public(), version = other_prefix();
    struct data_key other = key;
    other.key[0] ^= 1;
    seal_payload(&context, &key, nonce, plain, sizeof plain, sealed);
    expect_no_payload(&public, &key, sealed, sizeof sealed);
    expect_no_payload(&version, &key, sealed, sizeof sealed);
    expect_no_payload(&context, &other, sealed, sizeof sealed);
}

static void test_a_payload_bound_to_the_largest_public_part_opens(void)
{
    static uint8_t large[SEAL_PUBLIC_MAX], sealed[SEALED], opened[PLAIN];
    struct seal_context as = { prefix, SEAL_PREFIX_MAX - 4, large, sizeof large };
    seal_payload(&as, &key, nonce, plain, sizeof plain, sealed);
    CU_ASSERT(seal_open_payload(&as, &key, sealed, sizeof sealed, opened) == FAULT_NONE);
    large[sizeof large - 1] = 1;
    expect_no_payload(&as, &key, sealed, sizeof sealed);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_wrap_opens_with_its_kek),
        UNIT_TEST(test_a_wrap_with_a_flipped_bit_does_not_open),
        UNIT_TEST(test_a_wrap_is_bound),
        UNIT_TEST(test_the_tag_of_wraps_is_of_the_key_and_of_every_bit_of_them),
        UNIT_TEST(test_the_commitment_stands_first),
        UNIT_TEST(test_a_payload_of_every_length_opens_with_its_key),
        UNIT_TEST(test_a_payload_with_a_flipped_bit_or_another_length_does_not_open),
        UNIT_TEST(test_a_payload_is_bound),
        UNIT_TEST(test_a_payload_bound_to_the_largest_public_part_opens),
    };
    return prepare() ? UNIT_RUN("seal", tests) : 1;
}
