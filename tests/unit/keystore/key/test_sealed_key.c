/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/sealed_key.h"

#include "keystore/format/checksum.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum {
    PUBLIC = 199,
    SEALED_PKCS8 = 138,
    WHOLE = 24 + PUBLIC + WRAP_SIZE + 32 + SEALED_PKCS8 + PAYLOAD_OVERHEAD + 32,
    AT_VERSION = 8,
    AT_LENGTHS = 12,
    AT_KEYSTORE = 24,
    AT_ID = 40,
    AT_ALGORITHM = 104,
    AT_WRAPS = 24 + PUBLIC,
    AT_SUM = WHOLE - 32,
};

static struct kek kek, other_kek;
static struct sealed_key_seed seed;
static uint8_t keystore_id[KEYSTORE_ID_SIZE], spki[91], secret[SEALED_PKCS8];
static uint8_t file[SEALED_KEY_MAX + 1], pkcs8[PKCS8_MAX];
static struct key_id id;

static void count_up(uint8_t *out, size_t size, uint8_t first)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(first + i);
}

static bool prepare(void)
{
    uint8_t raw[KEK_SIZE];
    count_up(keystore_id, sizeof keystore_id, 0xa0);
    count_up(spki, sizeof spki, 0);
    count_up(secret, sizeof secret, 0);
    count_up(seed.key.key, DATA_KEY_SIZE, 0x20);
    count_up(seed.wrap_nonce, SEAL_NONCE_SIZE, 0x40);
    count_up(seed.payload_nonce, SEAL_NONCE_SIZE, 0x60);
    count_up(raw, sizeof raw, 0);
    if (!secret_start() || kek_from_bytes(raw, &kek) || !key_id_from_text("issuing-ca", &id))
        return false;
    count_up(raw, sizeof raw, 1);
    return kek_from_bytes(raw, &other_kek) == FAULT_NONE;
}

static struct key_public sample(void)
{
    struct key_public key = { .id = id,
                              .algorithm = ALGORITHM_EC_P256,
                              .created = 1767225600,
                              .policy = { 1 << 3, 14 },
                              .spki = spki,
                              .spki_length = sizeof spki };
    memcpy(key.keystore_id, keystore_id, sizeof keystore_id);
    return key;
}

static size_t seal(uint8_t *out)
{
    struct key_public key = sample();
    return sealed_key_seal(&key, &kek, &seed, secret, sizeof secret, out);
}

static void sum(size_t length)
{
    checksum(file, length - CHECKSUM_SIZE, file + length - CHECKSUM_SIZE);
}

static enum fault look_and_open(size_t length, const struct kek *with)
{
    struct sealed_key sealed;
    size_t found = 99;
    memset(pkcs8, 0x55, sizeof pkcs8);
    enum fault fault = sealed_key_look(file, length, &sealed);
    if (fault)
        return fault;
    fault = sealed_key_open(&sealed, with, keystore_id, &id, pkcs8, &found);
    CU_ASSERT(fault ? found == 0 : found == sizeof secret);
    return fault;
}

/* After a fault the buffer was never touched, or was wiped. */
static bool has_nothing(void)
{
    return unit_all(pkcs8, sizeof pkcs8, pkcs8[0]) && (pkcs8[0] == 0x55 || pkcs8[0] == 0);
}

static void expect(size_t length, enum fault wanted)
{
    CU_ASSERT_EQUAL(look_and_open(length, &kek), wanted);
    CU_ASSERT(wanted == FAULT_NONE || has_nothing());
    CU_ASSERT(wanted != FAULT_KEY_TAMPERED || unit_all(pkcs8, sizeof pkcs8, 0));
}

/* -- what is right -- */

static size_t read_vector(uint8_t *out, size_t capacity)
{
    static char text[8192];
    int fd = open(VECTORS_DIR "/sealed_key.hex", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return unit_hex(text, out, capacity);
}

static void test_a_known_key_is_sealed_byte_for_byte(void)
{
    static uint8_t wanted[SEALED_KEY_MAX];
    CU_ASSERT(seal(file) == WHOLE && read_vector(wanted, sizeof wanted) == WHOLE);
    CU_ASSERT(memcmp(file, wanted, WHOLE) == 0);
}

static void test_a_sealed_key_opens_to_what_was_sealed(void)
{
    struct sealed_key sealed;
    struct key_public key;
    UNIT_NEED(seal(file) == WHOLE && sealed_key_look(file, WHOLE, &sealed) == FAULT_NONE);
    CU_ASSERT(sealed.public_length == PUBLIC && sealed.wrap_count == 1);
    struct kek_id needed = sealed_key_kek(&sealed, 0);
    CU_ASSERT(kek_id_equal(&needed, &kek.id));
    expect(WHOLE, FAULT_NONE);
    CU_ASSERT(memcmp(pkcs8, secret, sizeof secret) == 0);
    UNIT_NEED(key_public_parse(sealed.public_part, sealed.public_length, &key) == FAULT_NONE);
    CU_ASSERT(key.algorithm == ALGORITHM_EC_P256 && strcmp(key.id.text, "issuing-ca") == 0);
}

static void test_a_parsed_public_part_encoded_again_is_the_same(void)
{
    static uint8_t again[SEALED_KEY_MAX];
    struct sealed_key sealed;
    struct key_public key;
    UNIT_NEED(seal(file) == WHOLE && sealed_key_look(file, WHOLE, &sealed) == FAULT_NONE);
    UNIT_NEED(key_public_parse(sealed.public_part, sealed.public_length, &key) == FAULT_NONE);
    expect(WHOLE, FAULT_NONE);
    CU_ASSERT(sealed_key_seal(&key, &kek, &seed, pkcs8, sizeof secret, again) == WHOLE);
    CU_ASSERT(memcmp(again, file, WHOLE) == 0);
}

static void test_random_seeds_differ(void)
{
    struct sealed_key_seed a, b;
    sealed_key_seed_random(&a);
    sealed_key_seed_random(&b);
    CU_ASSERT(memcmp(a.key.key, b.key.key, DATA_KEY_SIZE) != 0);
    CU_ASSERT(memcmp(a.wrap_nonce, b.wrap_nonce, SEAL_NONCE_SIZE) != 0);
    CU_ASSERT(memcmp(a.payload_nonce, b.payload_nonce, SEAL_NONCE_SIZE) != 0);
}

static void test_a_key_of_the_greatest_size_is_sealed_and_a_greater_or_empty_one_is_not(void)
{
    static uint8_t large[PKCS8_MAX], large_spki[KEY_PUBLIC_MAX];
    struct key_public key = sample();
    CU_ASSERT(sealed_key_seal(&key, &kek, &seed, large, 0, file) == 0);
    CU_ASSERT(sealed_key_seal(&key, &kek, &seed, large, PKCS8_MAX + 1, file) == 0);
    key.spki = large_spki;
    key.spki_length = KEY_PUBLIC_MAX - (PUBLIC - sizeof spki) + 1;
    CU_ASSERT(sealed_key_seal(&key, &kek, &seed, large, 1, file) == 0);
    key.spki_length--;
    size_t length = sealed_key_seal(&key, &kek, &seed, large, PKCS8_MAX, file), opened;
    CU_ASSERT(length == SEALED_KEY_MAX - WRAP_SIZE);
    struct sealed_key sealed;
    UNIT_NEED(sealed_key_look(file, length, &sealed) == FAULT_NONE);
    CU_ASSERT(sealed_key_open(&sealed, &kek, keystore_id, &id, pkcs8, &opened) == FAULT_NONE);
    CU_ASSERT(opened == PKCS8_MAX);
}

/* -- what is damaged -- */

static void test_a_sealed_key_with_a_flipped_bit_is_corrupt(void)
{
    CU_ASSERT(seal(file) == WHOLE);
    for (size_t bit = 0; bit < 8 * WHOLE; bit++) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect(WHOLE, FAULT_KEY_CORRUPT);
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_a_sealed_key_of_another_length_is_corrupt(void)
{
    for (size_t length = 0; length < WHOLE + 200; length++) {
        if (length == WHOLE)
            continue;
        memset(file, 0, sizeof file);
        CU_ASSERT(seal(file) == WHOLE);
        expect(length, FAULT_KEY_CORRUPT);
        if (length < CHECKSUM_SIZE)
            continue;
        sum(length);
        expect(length, FAULT_KEY_CORRUPT);
    }
}

static enum fault wanted_for(size_t at)
{
    if (at < AT_VERSION)
        return FAULT_KEY_CORRUPT;
    if (at < AT_LENGTHS)
        return FAULT_KEY_NEWER;
    if (at < AT_KEYSTORE)
        return FAULT_KEY_CORRUPT;
    if (at < AT_ID)
        return FAULT_KEY_FOREIGN;
    if (at < AT_ALGORITHM)
        return FAULT_KEY_MISNAMED;
    return at >= AT_WRAPS && at < AT_WRAPS + KEK_ID_SIZE ? FAULT_KEK_MISMATCH : FAULT_KEY_TAMPERED;
}

static void test_a_flipped_bit_under_a_right_checksum_is_refused_by_name(void)
{
    for (size_t bit = 0; bit < 8 * AT_SUM; bit++) {
        CU_ASSERT(seal(file) == WHOLE);
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        sum(WHOLE);
        expect(WHOLE, wanted_for(bit / 8));
    }
}

static void test_a_sealed_key_with_a_length_that_lies_is_corrupt(void)
{
    for (size_t at = AT_LENGTHS; at < AT_KEYSTORE; at++)
        for (int value = 0; value < 256; value++) {
            CU_ASSERT(seal(file) == WHOLE);
            if (file[at] == value)
                continue;
            file[at] = (uint8_t)value;
            sum(WHOLE);
            expect(WHOLE, FAULT_KEY_CORRUPT);
        }
}

/* -- other keys -- */

static void test_a_sealed_key_does_not_open_with_another_kek(void)
{
    CU_ASSERT(seal(file) == WHOLE);
    CU_ASSERT(look_and_open(WHOLE, &other_kek) == FAULT_KEK_MISMATCH && has_nothing());
    struct kek impostor = other_kek;
    impostor.id = kek.id;
    CU_ASSERT(look_and_open(WHOLE, &impostor) == FAULT_KEY_TAMPERED);
    CU_ASSERT(unit_all(pkcs8, sizeof pkcs8, 0));
}

static void test_a_sealed_key_does_not_open_in_another_keystore_or_under_another_name(void)
{
    struct sealed_key sealed;
    struct key_id another;
    size_t length;
    uint8_t foreign[KEYSTORE_ID_SIZE] = { 0 };
    UNIT_NEED(seal(file) == WHOLE && sealed_key_look(file, WHOLE, &sealed) == FAULT_NONE);
    CU_ASSERT(key_id_from_text("issuing-c", &another));
    CU_ASSERT(sealed_key_open(&sealed, &kek, foreign, &id, pkcs8, &length) == FAULT_KEY_FOREIGN);
    CU_ASSERT(sealed_key_open(&sealed, &kek, keystore_id, &another, pkcs8, &length) == FAULT_KEY_MISNAMED);
    CU_ASSERT(sealed_key_open(&sealed, &kek, foreign, &another, pkcs8, &length) == FAULT_KEY_FOREIGN);
    CU_ASSERT(sealed_key_open(&sealed, &other_kek, foreign, &another, pkcs8, &length) == FAULT_KEK_MISMATCH);
}

/* Parts of two keys that are alike but for their randomness, put together. */
static void test_parts_of_two_sealings_do_not_open(void)
{
    static uint8_t other[SEALED_KEY_MAX];
    struct sealed_key_seed saved = seed;
    sealed_key_seed_random(&seed);
    CU_ASSERT(seal(other) == WHOLE);
    seed = saved;
    static const size_t cuts[] = { AT_WRAPS, AT_WRAPS + WRAP_SIZE, AT_WRAPS + WRAP_SIZE + 32, AT_SUM };
    for (size_t from = 0; from < 3; from++)
        for (size_t to = from + 1; to < 4; to++) {
            CU_ASSERT(seal(file) == WHOLE);
            memcpy(file + cuts[from], other + cuts[from], cuts[to] - cuts[from]);
            sum(WHOLE);
            expect(WHOLE, from == 0 && to == 3 ? FAULT_NONE : FAULT_KEY_TAMPERED);
        }
}

/* -- a rekey under way: two wraps -- */

static void put32(uint8_t *at, size_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static size_t seal_twice(bool in_order)
{
    static uint8_t one[SEALED_KEY_MAX];
    CU_ASSERT(seal(one) == WHOLE);
    bool first_is_ours = memcmp(kek.id.bytes, other_kek.id.bytes, KEK_ID_SIZE) < 0;
    uint8_t *wraps = file + AT_WRAPS, *ours = wraps + (first_is_ours == in_order ? 0 : WRAP_SIZE);
    uint8_t *theirs = wraps + (ours == wraps ? WRAP_SIZE : 0);
    memcpy(file, one, AT_WRAPS);
    put32(file + AT_LENGTHS + 4, 2 * WRAP_SIZE);
    struct seal_context context = { file, SEALED_KEY_PREFIX, file + AT_KEYSTORE, PUBLIC };
    seal_wrap(&context, &kek, &seed.key, seed.wrap_nonce, ours);
    seal_wrap(&context, &other_kek, &seed.key, seed.wrap_nonce, theirs);
    seal_wraps_tag(&seed.key, wraps, 2 * WRAP_SIZE, wraps + 2 * WRAP_SIZE);
    memcpy(wraps + 2 * WRAP_SIZE + 32, one + AT_WRAPS + WRAP_SIZE + 32, SEALED_PKCS8 + PAYLOAD_OVERHEAD);
    sum(WHOLE + WRAP_SIZE);
    return WHOLE + WRAP_SIZE;
}

static void test_a_key_wrapped_twice_opens_with_both_keks(void)
{
    size_t length = seal_twice(true);
    CU_ASSERT(look_and_open(length, &kek) == FAULT_NONE && memcmp(pkcs8, secret, sizeof secret) == 0);
    CU_ASSERT(look_and_open(length, &other_kek) == FAULT_NONE && memcmp(pkcs8, secret, sizeof secret) == 0);
}

static void test_wraps_stand_in_order_and_once(void)
{
    size_t length = seal_twice(false);
    expect(length, FAULT_KEY_CORRUPT);
    length = seal_twice(true);
    memcpy(file + AT_WRAPS, file + AT_WRAPS + WRAP_SIZE, WRAP_SIZE);
    sum(length);
    expect(length, FAULT_KEY_CORRUPT);
}

/* The wrap that we do not use is covered by the tag over all of them. */
static void test_a_flipped_bit_of_the_other_wrap_is_found(void)
{
    bool first_is_ours = memcmp(kek.id.bytes, other_kek.id.bytes, KEK_ID_SIZE) < 0;
    size_t other = AT_WRAPS + (first_is_ours ? WRAP_SIZE : 0);
    for (size_t bit = 0; bit < 8 * WRAP_SIZE; bit++) {
        size_t length = seal_twice(true);
        file[other + bit / 8] ^= (uint8_t)(1u << bit % 8);
        sum(length);
        enum fault fault = look_and_open(length, &kek);
        bool in_id = bit / 8 < KEK_ID_SIZE; /* there the order may be lost first */
        CU_ASSERT(fault == FAULT_KEY_TAMPERED || (in_id && fault == FAULT_KEY_CORRUPT));
        CU_ASSERT(has_nothing());
    }
}

/* -- looking at a start -- */

static void test_a_start_that_holds_the_public_part_is_peeked_into(void)
{
    struct key_public key;
    CU_ASSERT(seal(file) == WHOLE);
    for (size_t length = AT_WRAPS; length <= WHOLE; length++)
        CU_ASSERT(sealed_key_peek(file, length, &key) == FAULT_NONE);
    CU_ASSERT(strcmp(key.id.text, "issuing-ca") == 0 && key.spki_length == sizeof spki);
    file[AT_ALGORITHM + 1] = 99;
    CU_ASSERT(sealed_key_peek(file, WHOLE, &key) == FAULT_KEY_NEWER);
    file[AT_VERSION + 3] = 2;
    CU_ASSERT(sealed_key_peek(file, WHOLE, &key) == FAULT_KEY_NEWER);
    file[0] = 'X';
    CU_ASSERT(sealed_key_peek(file, WHOLE, &key) == FAULT_KEY_CORRUPT);
}

static void test_a_short_start_is_corrupt(void)
{
    struct key_public key;
    CU_ASSERT(seal(file) == WHOLE);
    for (size_t length = 0; length < AT_WRAPS; length++)
        CU_ASSERT_EQUAL(sealed_key_peek(file, length, &key), FAULT_KEY_CORRUPT);
    file[AT_LENGTHS] = 0xff;
    CU_ASSERT(sealed_key_peek(file, WHOLE, &key) == FAULT_KEY_CORRUPT);
}

/* An algorithm or policy of a later version opens, and is refused by who looks inside. */
static void test_a_sealed_key_with_a_later_policy_opens_and_is_newer(void)
{
    struct sealed_key sealed;
    struct key_public key = sample();
    size_t opened;
    key.policy.schemes = 1 << 3 | 1 << 9;
    size_t length = sealed_key_seal(&key, &kek, &seed, secret, sizeof secret, file);
    UNIT_NEED(sealed_key_look(file, length, &sealed) == FAULT_NONE);
    CU_ASSERT(sealed_key_open(&sealed, &kek, keystore_id, &id, pkcs8, &opened) == FAULT_NONE);
    CU_ASSERT(key_public_parse(sealed.public_part, sealed.public_length, &key) == FAULT_KEY_NEWER);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_key_is_sealed_byte_for_byte),
        UNIT_TEST(test_a_sealed_key_opens_to_what_was_sealed),
        UNIT_TEST(test_a_parsed_public_part_encoded_again_is_the_same),
        UNIT_TEST(test_random_seeds_differ),
        UNIT_TEST(test_a_key_of_the_greatest_size_is_sealed_and_a_greater_or_empty_one_is_not),
        UNIT_TEST(test_a_sealed_key_with_a_flipped_bit_is_corrupt),
        UNIT_TEST(test_a_sealed_key_of_another_length_is_corrupt),
        UNIT_TEST(test_a_flipped_bit_under_a_right_checksum_is_refused_by_name),
        UNIT_TEST(test_a_sealed_key_with_a_length_that_lies_is_corrupt),
        UNIT_TEST(test_a_sealed_key_does_not_open_with_another_kek),
        UNIT_TEST(test_a_sealed_key_does_not_open_in_another_keystore_or_under_another_name),
        UNIT_TEST(test_parts_of_two_sealings_do_not_open),
        UNIT_TEST(test_a_key_wrapped_twice_opens_with_both_keks),
        UNIT_TEST(test_wraps_stand_in_order_and_once),
        UNIT_TEST(test_a_flipped_bit_of_the_other_wrap_is_found),
        UNIT_TEST(test_a_start_that_holds_the_public_part_is_peeked_into),
        UNIT_TEST(test_a_short_start_is_corrupt),
        UNIT_TEST(test_a_sealed_key_with_a_later_policy_opens_and_is_newer),
    };
    return prepare() ? UNIT_RUN("sealed_key", tests) : 1;
}
