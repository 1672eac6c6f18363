/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/public_key.h"

#include "tests/unit/client/pkcs11/samples.h"
#include "tests/unit/unit.h"

static bool has_id(const struct public_key *key, const uint8_t *id)
{
    return memcmp(key->id, id, SHA1_SIZE) == 0;
}

static void test_an_ec_key_has_curve_point_and_id(void)
{
    static const uint8_t curve[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    struct public_key key;
    UNIT_NEED(public_key_parse(sample_p256, sizeof sample_p256, &key));
    CU_ASSERT_EQUAL(key.type, CKK_EC);
    CU_ASSERT_EQUAL(key.bits, 256);
    CU_ASSERT_EQUAL(key.signature_size, 64);
    CU_ASSERT(has_id(&key, sample_p256_id));
    CU_ASSERT(key.curve.left == sizeof curve && memcmp(key.curve.at, curve, sizeof curve) == 0);
    CU_ASSERT(key.point_size == 67 && key.point[0] == 0x04 && key.point[1] == 65);
    CU_ASSERT_EQUAL(memcmp(key.point + 2, sample_p256 + sizeof sample_p256 - 65, 65), 0);
    CU_ASSERT_PTR_NULL(key.modulus.at);
}

static void test_a_long_point_has_a_long_length(void)
{
    struct public_key key;
    UNIT_NEED(public_key_parse(sample_p521, sizeof sample_p521, &key));
    CU_ASSERT(key.point_size == 136 && key.point[1] == 0x81 && key.point[2] == 133);
    CU_ASSERT_EQUAL(key.signature_size, 132);
    CU_ASSERT(has_id(&key, sample_p521_id));
}

static void test_an_edwards_key_has_a_point_in_an_octet_string(void)
{
    struct public_key key;
    UNIT_NEED(public_key_parse(sample_ed25519, sizeof sample_ed25519, &key));
    CU_ASSERT_EQUAL(key.type, CKK_EC_EDWARDS);
    CU_ASSERT(key.point_size == 34 && key.point[0] == 0x04 && key.point[1] == 32);
    CU_ASSERT_EQUAL(key.curve.left, 5);
    CU_ASSERT(has_id(&key, sample_ed25519_id));
}

static void test_an_rsa_key_has_an_unsigned_modulus(void)
{
    struct public_key key;
    UNIT_NEED(public_key_parse(sample_rsa, sizeof sample_rsa, &key));
    CU_ASSERT_EQUAL(key.type, CKK_RSA);
    CU_ASSERT_EQUAL(key.bits, 2048);
    CU_ASSERT(key.modulus.left == 256 && key.modulus.at[0] >= 0x80);
    CU_ASSERT(key.exponent.left == 3 && key.exponent.at[0] == 1);
    CU_ASSERT_EQUAL(key.signature_size, 256);
    CU_ASSERT(has_id(&key, sample_rsa_id));
}

/* No truncation is accepted, and no change makes the parser read outside: the sanitizers look. */
static void test_what_is_cut_or_longer_is_refused(void)
{
    static const struct {
        const uint8_t *spki;
        size_t length;
    } samples[] = { { sample_p256, sizeof sample_p256 },
                    { sample_p521, sizeof sample_p521 },
                    { sample_ed25519, sizeof sample_ed25519 },
                    { sample_rsa, sizeof sample_rsa } };
    struct public_key key;
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        for (size_t length = 0; length < samples[i].length; length++) {
            uint8_t *cut = malloc(length + 1);
            memcpy(cut, samples[i].spki, length);
            CU_ASSERT_FALSE(public_key_parse(cut, length, &key));
            free(cut);
        }
        uint8_t *longer = calloc(1, samples[i].length + 1);
        memcpy(longer, samples[i].spki, samples[i].length);
        CU_ASSERT_FALSE(public_key_parse(longer, samples[i].length + 1, &key));
        free(longer);
    }
}

static void test_any_changed_byte_is_read_within_bounds(void)
{
    uint64_t state = 1;
    struct public_key key;
    for (int round = 0; round < 20000; round++) {
        bool rsa = round % 2;
        size_t length = rsa ? sizeof sample_rsa : sizeof sample_p256;
        uint8_t *changed = malloc(length);
        memcpy(changed, rsa ? sample_rsa : sample_p256, length);
        changed[unit_random(&state) % (rsa ? 40 : length)] = (uint8_t)unit_random(&state);
        if (public_key_parse(changed, length, &key))
            CU_ASSERT(key.signature_size <= 512 && key.point_size <= PUBLIC_KEY_POINT_MAX);
        free(changed);
    }
}

static void test_a_compressed_point_is_refused(void)
{
    uint8_t changed[sizeof sample_p256];
    struct public_key key;
    memcpy(changed, sample_p256, sizeof changed);
    changed[sizeof changed - 65] = 0x02;
    CU_ASSERT_FALSE(public_key_parse(changed, sizeof changed, &key));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_ec_key_has_curve_point_and_id),
        UNIT_TEST(test_a_long_point_has_a_long_length),
        UNIT_TEST(test_an_edwards_key_has_a_point_in_an_octet_string),
        UNIT_TEST(test_an_rsa_key_has_an_unsigned_modulus),
        UNIT_TEST(test_what_is_cut_or_longer_is_refused),
        UNIT_TEST(test_any_changed_byte_is_read_within_bounds),
        UNIT_TEST(test_a_compressed_point_is_refused),
    };
    return UNIT_RUN("public_key", tests);
}
