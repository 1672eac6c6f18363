/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/header.h"

#include "keystore/format/checksum.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum {
    SINCE = 1767225600,
    AT_VERSION = 8,
    AT_ID = 12,
    AT_REKEY = 28,
    AT_COUNT = 29,
    AT_KEK = 30,
    AT_ROLE = 38,
    AT_SINCE = 39,
    AT_UNTIL = 47,
    AT_TAG = 55,
    AT_SUM = 87
};

static struct kek keks[3];
static uint8_t keystore_id[KEYSTORE_ID_SIZE];
static uint8_t file[HEADER_FILE_MAX + 1];

static bool prepare(void)
{
    uint8_t raw[KEK_SIZE];
    for (size_t i = 0; i < sizeof keystore_id; i++)
        keystore_id[i] = (uint8_t)(0xa0 + i);
    if (!secret_start())
        return false;
    for (size_t k = 0; k < UNIT_COUNT(keks); k++) {
        for (size_t i = 0; i < sizeof raw; i++)
            raw[i] = (uint8_t)(i + k * 32);
        if (kek_from_bytes(raw, &keks[k]) != FAULT_NONE)
            return false;
    }
    return true;
}

static size_t make_file(void)
{
    struct header header;
    header_create(&header, keystore_id, &keks[0], SINCE);
    return header_encode(&header, file);
}

static enum fault parse(size_t length, struct header *out)
{
    return header_parse(file, length, out);
}

static enum fault parse_summed(size_t length, struct header *out)
{
    checksum(file, length - CHECKSUM_SIZE, file + length - CHECKSUM_SIZE);
    return parse(length, out);
}

/* -- what is right -- */

static size_t read_vector(const char *name, uint8_t *out, size_t capacity)
{
    static char text[8192];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return unit_hex(text, out, capacity);
}

static void test_a_known_header_is_written_byte_for_byte(void)
{
    uint8_t wanted[HEADER_FILE_MAX];
    size_t length = make_file();
    CU_ASSERT(read_vector(VECTORS_DIR "/header.hex", wanted, sizeof wanted) == length);
    CU_ASSERT(memcmp(file, wanted, length) == 0);
}

static void test_a_header_is_parsed_as_it_was_encoded(void)
{
    struct header header;
    uint8_t again[HEADER_FILE_MAX];
    size_t length = make_file();
    UNIT_NEED(parse(length, &header) == FAULT_NONE);
    CU_ASSERT(memcmp(header.keystore_id, keystore_id, sizeof keystore_id) == 0);
    CU_ASSERT(header.rekey == REKEY_NONE && header.kek_count == 1);
    CU_ASSERT(header.keks[0].role == KEK_CURRENT && header.keks[0].since == SINCE);
    CU_ASSERT(header.keks[0].until == 0 && kek_id_equal(&header.keks[0].id, &keks[0].id));
    CU_ASSERT(header_current(&header) == &header.keks[0]);
    CU_ASSERT(header_check(&header, &keks[0]) == FAULT_NONE);
    CU_ASSERT(header_encode(&header, again) == length && memcmp(again, file, length) == 0);
}

static void test_a_header_does_not_check_with_another_kek(void)
{
    struct header header;
    header_create(&header, keystore_id, &keks[0], SINCE);
    CU_ASSERT(header_check(&header, &keks[1]) == FAULT_KEK_MISMATCH);
    struct kek impostor = keks[1];
    impostor.id = keks[0].id;
    CU_ASSERT(header_check(&header, &impostor) == FAULT_KEYSTORE_TAMPERED);
}

/* -- what is damaged -- */

static void test_a_header_with_a_flipped_bit_is_corrupt(void)
{
    struct header header;
    size_t length = make_file();
    for (size_t bit = 0; bit < 8 * length; bit++) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT(parse(length, &header) == FAULT_KEYSTORE_CORRUPT);
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CU_ASSERT(parse(length, &header) == FAULT_NONE);
}

static void test_a_header_of_another_length_is_corrupt(void)
{
    struct header header;
    size_t length = make_file();
    for (size_t other = 0; other <= sizeof file; other++) {
        if (other == length)
            continue;
        make_file();
        CU_ASSERT(parse(other, &header) == FAULT_KEYSTORE_CORRUPT);
        if (other >= AT_ID + CHECKSUM_SIZE)
            CU_ASSERT(parse_summed(other, &header) == FAULT_KEYSTORE_CORRUPT);
    }
}

static enum fault wanted_for(size_t at, unsigned bit)
{
    if (at < AT_VERSION)
        return FAULT_KEYSTORE_CORRUPT;
    if (at < AT_ID)
        return FAULT_KEYSTORE_NEWER;
    if (at < AT_REKEY)
        return FAULT_KEYSTORE_TAMPERED;
    if (at == AT_REKEY) /* state 4 has one KEK too */
        return bit == 2 ? FAULT_KEYSTORE_TAMPERED : FAULT_KEYSTORE_CORRUPT;
    if (at < AT_KEK)
        return FAULT_KEYSTORE_CORRUPT;
    if (at < AT_ROLE)
        return FAULT_KEK_MISMATCH;
    if (at < AT_SINCE)
        return FAULT_KEYSTORE_CORRUPT;
    if (at < AT_UNTIL)
        return FAULT_KEYSTORE_TAMPERED;
    return at < AT_TAG ? FAULT_KEYSTORE_CORRUPT : FAULT_KEYSTORE_TAMPERED;
}

static void test_a_flipped_bit_under_a_right_checksum_is_refused_by_name(void)
{
    struct header header;
    for (size_t at = 0; at < AT_SUM; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            size_t length = make_file();
            file[at] ^= (uint8_t)(1u << bit);
            enum fault fault = parse_summed(length, &header);
            if (!fault)
                fault = header_check(&header, &keks[0]);
            CU_ASSERT(fault == wanted_for(at, bit));
        }
}

/* -- roles and states -- */

static void add(struct header *header, const struct kek *kek, enum kek_role role, uint64_t until)
{
    header->keks[header->kek_count++] =
        (struct header_kek){ .id = kek->id, .role = role, .since = SINCE, .until = until };
}

static void tag_all(struct header *header)
{
    for (size_t i = 0; i < UNIT_COUNT(keks); i++)
        if (i < header->kek_count && header->keks[i].role != KEK_RETIRED)
            header_tag(header, &keks[i]);
}

static struct header with_roles(size_t count, const int *roles, int rekey)
{
    struct header header = { .rekey = (enum rekey_state)rekey };
    for (size_t i = 0; i < count; i++)
        add(&header, &keks[i], (enum kek_role)roles[i], roles[i] == KEK_RETIRED ? SINCE + 1 : 0);
    tag_all(&header);
    return header;
}

static bool is_accepted(const struct header *header)
{
    struct header parsed;
    return parse(header_encode(header, file), &parsed) == FAULT_NONE;
}

/* Every row of up to three roles in every state, against the rule in words. */
static void test_a_header_is_taken_where_its_roles_fit_its_rekey_state(void)
{
    for (size_t count = 0; count <= 3; count++)
        for (int code = 0; code < 125; code++)
            for (int rekey = 0; rekey <= 5; rekey++) {
                int roles[3] = { code % 5, code / 5 % 5, code / 25 }, counts[5] = { 0 };
                for (size_t i = 0; i < count; i++)
                    counts[roles[i]]++;
                bool two = rekey >= REKEY_BEGUN && rekey <= REKEY_VERIFIED;
                bool right = counts[0] == 0 && counts[4] == 0 && counts[KEK_CURRENT] == 1
                    && counts[KEK_INCOMING] == (two ? 1 : 0) && rekey <= REKEY_FINISHING;
                struct header header = with_roles(count, roles, rekey);
                CU_ASSERT(is_accepted(&header) == right);
            }
}

static void test_a_kek_that_stands_twice_is_refused(void)
{
    struct header header = with_roles(2, (int[]){ KEK_CURRENT, KEK_RETIRED }, REKEY_NONE);
    CU_ASSERT(is_accepted(&header));
    header.keks[1].id = header.keks[0].id;
    CU_ASSERT(!is_accepted(&header));
}

static void test_a_date_or_tag_that_a_role_does_not_have_is_refused(void)
{
    struct header header = with_roles(2, (int[]){ KEK_CURRENT, KEK_INCOMING }, REKEY_BEGUN);
    CU_ASSERT(is_accepted(&header));
    header.keks[1].until = 1;
    CU_ASSERT(!is_accepted(&header));
    header = with_roles(2, (int[]){ KEK_CURRENT, KEK_RETIRED }, REKEY_NONE);
    header.keks[1].tag[31] = 1;
    CU_ASSERT(!is_accepted(&header));
}

static void test_a_rekey_has_two_keks_that_open(void)
{
    struct header header = with_roles(3, (int[]){ KEK_INCOMING, KEK_RETIRED, KEK_CURRENT }, REKEY_WRAPPED);
    struct header parsed;
    UNIT_NEED(parse(header_encode(&header, file), &parsed) == FAULT_NONE);
    CU_ASSERT(header_check(&parsed, &keks[0]) == FAULT_NONE);
    CU_ASSERT(header_check(&parsed, &keks[1]) == FAULT_KEK_RETIRED);
    CU_ASSERT(header_check(&parsed, &keks[2]) == FAULT_NONE);
    CU_ASSERT(header_current(&parsed) == &parsed.keks[2]);
    parsed.keks[0].tag[0] ^= 1;
    CU_ASSERT(header_check(&parsed, &keks[0]) == FAULT_KEYSTORE_TAMPERED);
    parsed.rekey = REKEY_VERIFIED;
    CU_ASSERT(header_check(&parsed, &keks[2]) == FAULT_KEYSTORE_TAMPERED);
}

static void test_tagging_for_one_kek_leaves_the_other_tags(void)
{
    struct header header = with_roles(2, (int[]){ KEK_CURRENT, KEK_INCOMING }, REKEY_BEGUN), before = header;
    header.keks[0].tag[0] ^= 1;
    header_tag(&header, &keks[2]);
    CU_ASSERT(header.keks[0].tag[0] != before.keks[0].tag[0]);
    header_tag(&header, &keks[0]);
    CU_ASSERT(memcmp(header.keks, before.keks, sizeof header.keks) == 0);
}

static void test_a_header_with_as_many_keks_as_fit_is_parsed(void)
{
    struct header header;
    header_create(&header, keystore_id, &keks[0], SINCE);
    for (uint8_t i = 1; i < HEADER_KEKS_MAX; i++)
        add(&header, &(struct kek){ .id = { { i } } }, KEK_RETIRED, SINCE);
    header_tag(&header, &keks[0]);
    size_t length = header_encode(&header, file);
    struct header parsed;
    CU_ASSERT(length == HEADER_FILE_MAX && parse(length, &parsed) == FAULT_NONE);
    CU_ASSERT(header_check(&parsed, &keks[0]) == FAULT_NONE);
    file[AT_COUNT] = HEADER_KEKS_MAX + 1;
    CU_ASSERT(parse_summed(length, &parsed) == FAULT_KEYSTORE_CORRUPT);
    file[AT_COUNT] = 255;
    CU_ASSERT(parse_summed(length, &parsed) == FAULT_KEYSTORE_CORRUPT);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_header_is_written_byte_for_byte),
        UNIT_TEST(test_a_header_is_parsed_as_it_was_encoded),
        UNIT_TEST(test_a_header_does_not_check_with_another_kek),
        UNIT_TEST(test_a_header_with_a_flipped_bit_is_corrupt),
        UNIT_TEST(test_a_header_of_another_length_is_corrupt),
        UNIT_TEST(test_a_flipped_bit_under_a_right_checksum_is_refused_by_name),
        UNIT_TEST(test_a_header_is_taken_where_its_roles_fit_its_rekey_state),
        UNIT_TEST(test_a_kek_that_stands_twice_is_refused),
        UNIT_TEST(test_a_date_or_tag_that_a_role_does_not_have_is_refused),
        UNIT_TEST(test_a_rekey_has_two_keks_that_open),
        UNIT_TEST(test_tagging_for_one_kek_leaves_the_other_tags),
        UNIT_TEST(test_a_header_with_as_many_keks_as_fit_is_parsed),
    };
    return prepare() ? UNIT_RUN("header", tests) : 1;
}
