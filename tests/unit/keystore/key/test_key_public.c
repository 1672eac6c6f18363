/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/key_public.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum { AT_ALGORITHM = 80, AT_POLICY_LENGTH = 90, AT_POLICY = 92, AT_SPKI_LENGTH = 104, AT_SPKI = 108 };

static uint8_t spki[91];
static uint8_t bytes[KEY_PUBLIC_MAX];
static size_t length;

static struct key_public sample(void)
{
    struct key_public key = { .algorithm = ALGORITHM_EC_P256,
                              .created = 1767225600,
                              .policy = { 1 << 3, 14 },
                              .spki = spki,
                              .spki_length = sizeof spki };
    CU_ASSERT(key_id_from_text("issuing-ca", &key.id));
    for (size_t i = 0; i < KEYSTORE_ID_SIZE; i++)
        key.keystore_id[i] = (uint8_t)(0xa0 + i);
    return key;
}

static void encode(void)
{
    struct key_public key = sample();
    length = key_public_encode(&key, bytes, sizeof bytes);
}

static enum fault parse(void)
{
    struct key_public key = { 0 };
    return key_public_parse(bytes, length, &key);
}

static bool prepare(void)
{
    for (size_t i = 0; i < sizeof spki; i++)
        spki[i] = (uint8_t)i;
    return secret_start();
}

static void put16(size_t at, unsigned value)
{
    bytes[at] = (uint8_t)(value >> 8);
    bytes[at + 1] = (uint8_t)value;
}

/* Moves what comes after the policy so that the policy has another length. */
static void resize_policy(unsigned size)
{
    size_t rest = length - AT_SPKI_LENGTH;
    memmove(bytes + AT_POLICY + size, bytes + AT_SPKI_LENGTH, rest);
    put16(AT_POLICY_LENGTH, size);
    length = AT_POLICY + size + rest;
}

/* -- what is right -- */

static void test_a_public_part_is_parsed_as_it_was_encoded(void)
{
    uint8_t again[KEY_PUBLIC_MAX];
    struct key_public key = { 0 }, wanted = sample();
    encode();
    CU_ASSERT(length == AT_SPKI + sizeof spki);
    UNIT_NEED(key_public_parse(bytes, length, &key) == FAULT_NONE);
    CU_ASSERT(strcmp(key.id.text, "issuing-ca") == 0 && key.algorithm == ALGORITHM_EC_P256);
    CU_ASSERT(memcmp(key.keystore_id, wanted.keystore_id, KEYSTORE_ID_SIZE) == 0);
    CU_ASSERT(key.created == 1767225600 && key.policy.schemes == 1 << 3 && key.policy.hashes == 14);
    CU_ASSERT(key.spki == bytes + AT_SPKI && key.spki_length == sizeof spki);
    CU_ASSERT(key_public_encode(&key, again, sizeof again) == length && memcmp(again, bytes, length) == 0);
}

static void test_a_public_part_that_does_not_fit_is_not_written(void)
{
    struct key_public key = sample();
    uint8_t out[AT_SPKI + sizeof spki];
    CU_ASSERT(key_public_encode(&key, out, sizeof out) == sizeof out);
    for (size_t capacity = 0; capacity < sizeof out; capacity++)
        CU_ASSERT(key_public_encode(&key, out, capacity) == 0);
}

/* Of the id "issuing-ca" and 00 01 … 5a, made with another library. */
static void test_a_known_key_has_its_known_fingerprint(void)
{
    uint8_t wanted[KEY_FINGERPRINT_SIZE], found[KEY_FINGERPRINT_SIZE];
    struct key_public key = sample();
    CU_ASSERT(unit_hex("8d0739892cb1df43f6df5dc76d5a94b338b28277b9d7788660bf56ef06e7cd3d", wanted, sizeof wanted)
              == sizeof wanted);
    key_public_fingerprint(&key, found);
    CU_ASSERT(memcmp(found, wanted, sizeof wanted) == 0);
    key.spki_length--;
    key_public_fingerprint(&key, found);
    CU_ASSERT(memcmp(found, wanted, sizeof wanted) != 0);
    key = sample();
    CU_ASSERT(key_id_from_text("issuing-cb", &key.id));
    key_public_fingerprint(&key, found);
    CU_ASSERT(memcmp(found, wanted, sizeof wanted) != 0);
}

static void test_a_public_part_of_every_algorithm_is_parsed_and_of_a_later_one_is_newer(void)
{
    for (enum algorithm algorithm = ALGORITHM_NONE; algorithm < ALGORITHM_COUNT + 1; algorithm++) {
        struct key_public key = sample();
        key.algorithm = algorithm;
        key.policy = algorithm_policy(algorithm);
        length = key_public_encode(&key, bytes, sizeof bytes);
        bool known = algorithm > ALGORITHM_NONE && algorithm < ALGORITHM_COUNT;
        CU_ASSERT(parse() == (known ? FAULT_NONE : FAULT_KEY_NEWER));
    }
}

/* -- what is damaged -- */

static void test_a_public_part_of_any_other_length_is_corrupt(void)
{
    encode();
    size_t whole = length;
    for (length = 0; length < whole; length++)
        CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    bytes[whole] = 0;
    length = whole + 1;
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
}

/* Whatever still parses is the one encoding of what it parses to. */
static void test_every_flip_parses_to_its_own_encoding(void)
{
    uint8_t again[KEY_PUBLIC_MAX];
    encode();
    for (size_t bit = 0; bit < 8 * length; bit++) {
        struct key_public key = { 0 };
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum fault fault = key_public_parse(bytes, length, &key);
        CU_ASSERT(fault == FAULT_NONE || fault == FAULT_KEY_CORRUPT || fault == FAULT_KEY_NEWER);
        if (!fault)
            CU_ASSERT(key_public_encode(&key, again, sizeof again) == length && memcmp(again, bytes, length) == 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_a_public_part_without_a_right_id_is_corrupt(void)
{
    encode();
    bytes[KEY_PUBLIC_ID_OFFSET] = 'I';
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    encode();
    bytes[KEY_PUBLIC_ID_OFFSET + 20] = 'x';
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    encode();
    memset(bytes + KEY_PUBLIC_ID_OFFSET, 0, KEY_ID_SIZE);
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
}

static void test_a_public_part_with_a_length_that_lies_is_corrupt(void)
{
    encode();
    bytes[AT_SPKI_LENGTH] = 0xff;
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    encode();
    put16(AT_POLICY_LENGTH, 0xffff);
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    struct key_public key = sample();
    key.spki_length = 0;
    length = key_public_encode(&key, bytes, sizeof bytes);
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
}

/* -- the policy -- */

static void test_a_policy_field_that_is_not_known_is_newer(void)
{
    encode();
    put16(AT_POLICY + 6, 3); /* in the place of the hashes */
    CU_ASSERT(parse() == FAULT_KEY_NEWER);
    encode();
    put16(AT_POLICY, 0x0102);
    CU_ASSERT(parse() == FAULT_KEY_NEWER);
    encode();
    resize_policy(18);
    put16(AT_POLICY + 12, 3);
    put16(AT_POLICY + 14, 2);
    put16(AT_POLICY + 16, 0);
    CU_ASSERT(parse() == FAULT_KEY_NEWER);
}

static void test_policy_fields_out_of_order_are_corrupt(void)
{
    encode();
    put16(AT_POLICY + 6, 1);
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    encode();
    put16(AT_POLICY, 0);
    CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
}

static void test_a_policy_field_of_another_size_is_corrupt(void)
{
    for (unsigned size = 0; size < 8; size++)
        for (size_t field = 0; field < 2; field++) {
            encode();
            put16(AT_POLICY + 6 * field + 2, size);
            CU_ASSERT(parse() == (size == 2 ? FAULT_NONE : FAULT_KEY_CORRUPT));
        }
}

static void test_a_policy_that_lacks_a_field_is_corrupt(void)
{
    for (unsigned size = 0; size < 12; size++) {
        encode();
        resize_policy(size);
        CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    }
}

static void test_a_policy_with_bits_of_a_later_version_is_newer(void)
{
    for (unsigned bit = SCHEME_COUNT; bit < 16; bit++) {
        encode();
        put16(AT_POLICY + 4, 1u << 3 | 1u << bit);
        CU_ASSERT(parse() == FAULT_KEY_NEWER);
    }
    for (unsigned bit = HASH_COUNT; bit < 16; bit++) {
        encode();
        put16(AT_POLICY + 10, 2u | 1u << bit);
        CU_ASSERT(parse() == FAULT_KEY_NEWER);
    }
}

static void test_a_policy_that_the_algorithm_cannot_do_is_corrupt(void)
{
    static const unsigned bad[][2] = { { 0, 14 }, { 1 << 3, 0 }, { 1 << 1, 14 }, { 1, 14 }, { 1 << 3, 1 } };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        encode();
        put16(AT_POLICY + 4, bad[i][0]);
        put16(AT_POLICY + 10, bad[i][1]);
        CU_ASSERT(parse() == FAULT_KEY_CORRUPT);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_public_part_is_parsed_as_it_was_encoded),
        UNIT_TEST(test_a_public_part_that_does_not_fit_is_not_written),
        UNIT_TEST(test_a_known_key_has_its_known_fingerprint),
        UNIT_TEST(test_a_public_part_of_every_algorithm_is_parsed_and_of_a_later_one_is_newer),
        UNIT_TEST(test_a_public_part_of_any_other_length_is_corrupt),
        UNIT_TEST(test_every_flip_parses_to_its_own_encoding),
        UNIT_TEST(test_a_public_part_without_a_right_id_is_corrupt),
        UNIT_TEST(test_a_public_part_with_a_length_that_lies_is_corrupt),
        UNIT_TEST(test_a_policy_field_that_is_not_known_is_newer),
        UNIT_TEST(test_policy_fields_out_of_order_are_corrupt),
        UNIT_TEST(test_a_policy_field_of_another_size_is_corrupt),
        UNIT_TEST(test_a_policy_that_lacks_a_field_is_corrupt),
        UNIT_TEST(test_a_policy_with_bits_of_a_later_version_is_newer),
        UNIT_TEST(test_a_policy_that_the_algorithm_cannot_do_is_corrupt),
    };
    return prepare() ? UNIT_RUN("key_public", tests) : 1;
}
