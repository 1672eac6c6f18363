/* SPDX-License-Identifier: Apache-2.0 */
/* SLIP-0039 with secrets of 256 bits: what an independent program made, and one negative for each rule.
 * The official vectors (test_slip39.c) have hardly any of that length. */
#include "keystore/share/slip39.h"

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/quorum.h"
#include "keystore/share/slip39_words.h"
#include "tests/unit/unit.h"

enum { LINE = 512, WORDS = 33, PADDED_WORD = 4, QUORUMS_TRIED = 60 };

static const uint8_t secret[32] = "32 bytes of a KEK that is shared";
static struct slip39_share made[SLIP39_SHARES_MAX], other[SLIP39_SHARES_MAX];

/* -- what npm's slip39 made -- */

static bool read_share(char *line, struct slip39_share *share)
{
    uint16_t words[WORDS];
    size_t count = 0;
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
        int number = slip39_words_number(word, strlen(word));
        if (number < 0 || count == WORDS)
            return false;
        words[count++] = (uint16_t)number;
    }
    return count == WORDS && slip39_decode(words, count, share) == FAULT_NONE;
}

/* The shares up to the empty line; 0 if one is none. */
static size_t read_set(FILE *file, struct slip39_share *shares)
{
    char line[LINE];
    size_t count = 0;
    bool ok = true;
    while (fgets(line, sizeof line, file) && line[0] != '\n')
        ok = read_share(line, &shares[count++]) && ok;
    return ok ? count : 0;
}

static enum fault combine(const struct slip39_share *shares, size_t count, const uint8_t *expected)
{
    uint8_t found[SHAMIR_LENGTH_MAX];
    size_t length = 0;
    enum fault fault = slip39_combine(shares, count, "", found, &length);
    CU_ASSERT(fault || (length == 32 && memcmp(found, expected, 32) == 0));
    CU_ASSERT(!fault || unit_all(found, sizeof found, 0));
    return fault;
}

struct trial {
    uint8_t encrypted[SHAMIR_LENGTH_MAX];
    unsigned count;
};

/* Each smallest quorum gives what all shares give, and one fewer gives nothing. */
static bool try_quorum(const struct slip39_share *shares, size_t count, uint64_t mask, void *context)
{
    struct trial *trial = context;
    uint8_t encrypted[SHAMIR_LENGTH_MAX];
    (void)mask;
    CU_ASSERT(slip39_join(shares, count, encrypted) == FAULT_NONE && memcmp(encrypted, trial->encrypted, 32) == 0);
    CU_ASSERT(slip39_join(shares, count - 1, encrypted) == FAULT_SHARE_TOO_FEW);
    return ++trial->count == QUORUMS_TRIED;
}

static void try_set(const char *line, const struct slip39_share *shares, size_t count)
{
    uint8_t expected[32];
    enum fault fault;
    struct trial trial = { .count = 0 };
    CU_ASSERT(unit_hex(line, expected, sizeof expected) == sizeof expected);
    CU_ASSERT(combine(shares, count, expected) == FAULT_NONE);
    CU_ASSERT(slip39_join(shares, count, trial.encrypted) == FAULT_NONE);
    (void)!quorum_each(shares, count, try_quorum, &trial, &fault);
    CU_ASSERT(fault == FAULT_NONE && trial.count > 0);
}

static void test_sets_that_another_program_made_give_their_secrets(void)
{
    char line[LINE];
    unsigned sets = 0, legacy = 0, slower = 0, grouped = 0;
    FILE *file = fopen(VECTORS_DIR "/slip39_256.txt", "re");
    UNIT_NEED(file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        size_t count = read_set(file, made);
        CU_ASSERT(count > 0);
        if (count > 0)
            try_set(line, made, count);
        sets++;
        legacy += !made[0].extendable;
        slower += made[0].exponent == 1;
        grouped += made[0].group_count > 1;
    }
    fclose(file);
    CU_ASSERT(sets == 24 && legacy >= 4 && slower >= 4 && grouped >= 6);
}

/* A word of theirs that is altered, at each place. */
static void test_altered_shares_of_another_program_are_refused(void)
{
    char line[LINE];
    uint16_t words[WORDS];
    struct slip39_share back;
    FILE *file = fopen(VECTORS_DIR "/slip39_256.txt", "re");
    UNIT_NEED(file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || line[0] == '\n' || !strchr(line, ' ') || !read_share(line, &back))
            continue;
        CU_ASSERT(slip39_encode(&back, words) == WORDS);
        for (size_t at = 0; at < WORDS; at++) {
            words[at] ^= 0x155;
            CU_ASSERT(slip39_decode(words, WORDS, &back) == FAULT_SHARE_CHECKSUM);
            words[at] ^= 0x155;
        }
    }
    fclose(file);
}

/* -- a checksum of our own, from the standard's text -- */

static uint32_t polymod(const char *customization, const uint16_t *words, size_t count)
{
    static const uint32_t gen[10] = { 0xe0e040,   0x1c1c080,  0x3838100,  0x7070200,  0xe0e0009,
                                      0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x3f3f120 };
    size_t prefix = strlen(customization);
    uint32_t chk = 1;
    for (size_t i = 0; i < prefix + count; i++) {
        uint32_t value = i < prefix ? (uint8_t)customization[i] : words[i - prefix], b = chk >> 20;
        chk = (chk & 0xfffff) << 10 ^ value;
        for (unsigned bit = 0; bit < 10; bit++)
            if (b >> bit & 1)
                chk ^= gen[bit];
    }
    return chk;
}

static void put_sum(const char *customization, uint16_t *words, size_t count)
{
    memset(words + count - 3, 0, 3 * sizeof *words);
    uint32_t sum = polymod(customization, words, count) ^ 1;
    for (size_t i = 0; i < 3; i++)
        words[count - 3 + i] = (uint16_t)(sum >> 10 * (2 - i) & 1023);
}

static size_t split(uint16_t id, uint8_t exponent, uint8_t threshold, uint8_t count, struct slip39_share *to)
{
    const struct slip39_plan plan = {
        .id = id, .exponent = exponent, .group_threshold = 1, .group_count = 1, .groups = { { threshold, count } }
    };
    return slip39_split(&plan, secret, 32, to);
}

static void make_words(uint16_t *words)
{
    split(0x5a5a, 0, 2, 3, made);
    CU_ASSERT(slip39_encode(&made[0], words) == WORDS);
}

static enum fault decode(const uint16_t *words, size_t count)
{
    struct slip39_share out;
    memset(&out, 0xa5, sizeof out);
    enum fault fault = slip39_decode(words, count, &out);
    CU_ASSERT(fault == FAULT_NONE || unit_all((const uint8_t *)&out, sizeof out, 0));
    return fault;
}

/* With the fields changed and the checksum right. */
#define DECODE_WITH(field, number) (changed = made[0], changed.field = number, decode_share(&changed))

static enum fault decode_share(const struct slip39_share *share)
{
    uint16_t words[SLIP39_WORDS_MAX];
    return decode(words, slip39_encode(share, words));
}

/* -- the rules of one share -- */

static void test_the_checksum_is_the_standards(void)
{
    uint16_t words[WORDS], again[WORDS];
    make_words(words);
    memcpy(again, words, sizeof again);
    put_sum("shamir_extendable", again, WORDS);
    CU_ASSERT(memcmp(words, again, sizeof words) == 0 && decode(again, WORDS) == FAULT_NONE);
    again[1] ^= 16; /* not extendable */
    put_sum("shamir", again, WORDS);
    CU_ASSERT(decode(again, WORDS) == FAULT_NONE);
}

static void test_a_checksum_of_the_other_kind_is_refused(void)
{
    uint16_t words[WORDS];
    make_words(words);
    put_sum("shamir", words, WORDS);
    CU_ASSERT(decode(words, WORDS) == FAULT_SHARE_CHECKSUM);
    make_words(words);
    words[1] ^= 16;
    CU_ASSERT(decode(words, WORDS) == FAULT_SHARE_CHECKSUM);
    put_sum("shamir_extendable", words, WORDS);
    CU_ASSERT(decode(words, WORDS) == FAULT_SHARE_CHECKSUM);
}

static void test_a_checksum_that_is_missing_or_wrong_is_refused(void)
{
    uint16_t words[WORDS];
    make_words(words);
    for (unsigned bit = 0; bit < 30; bit++) {
        words[30 + bit / 10] ^= (uint16_t)(1u << bit % 10);
        CU_ASSERT(decode(words, WORDS) == FAULT_SHARE_CHECKSUM);
        words[30 + bit / 10] ^= (uint16_t)(1u << bit % 10);
    }
    memset(words + 30, 0, 3 * sizeof *words);
    CU_ASSERT(decode(words, WORDS) == FAULT_SHARE_CHECKSUM);
    memset(words, 0, sizeof words);
    CU_ASSERT(decode(words, WORDS) == FAULT_SHARE_CHECKSUM);
}

/* RS1024 finds any three words. */
static void test_two_or_three_altered_words_are_refused(void)
{
    uint16_t words[WORDS];
    uint64_t state = 7;
    make_words(words);
    for (unsigned round = 0; round < 20000; round++) {
        uint16_t copy[WORDS];
        memcpy(copy, words, sizeof copy);
        for (unsigned i = 0; i < 2 + round % 2; i++)
            copy[unit_random(&state) % WORDS] ^= (uint16_t)(1 + unit_random(&state) % 1023);
        CU_ASSERT((decode(copy, WORDS) == FAULT_NONE) == (memcmp(copy, words, sizeof copy) == 0));
    }
}

/* Values of 16, 18 … 32 bytes have a length; what is longer is no KEK. */
static void test_a_share_of_another_length_is_refused(void)
{
    uint16_t words[2 * WORDS];
    for (size_t count = 7; count < 2 * WORDS; count++) {
        bool good = count >= 20 && count <= 33 && 10 * (count - 7) % 16 <= 8;
        memset(words, 0, sizeof words);
        make_words(words);
        words[PADDED_WORD] = 0;
        put_sum("shamir_extendable", words, count);
        CU_ASSERT(decode(words, count) == (good ? FAULT_NONE : FAULT_SHARE_LENGTH));
    }
    for (size_t count = 0; count < 7; count++)
        CU_ASSERT(decode(words, count) == FAULT_SHARE_LENGTH);
}

/* 34 words would be 33 bytes; 32 and 34 are what a word lost or doubled makes of a share. */
static void test_a_share_with_a_word_lost_or_doubled_is_refused(void)
{
    uint16_t words[WORDS], copy[WORDS + 1];
    make_words(words);
    for (size_t at = 0; at < WORDS; at++) {
        memcpy(copy, words, at * sizeof *words);
        memcpy(copy + at, words + at + 1, (WORDS - at - 1) * sizeof *words);
        CU_ASSERT(decode(copy, WORDS - 1) != FAULT_NONE);
        memcpy(copy + at, words + at, sizeof *words);
        memcpy(copy + at + 1, words + at, (WORDS - at) * sizeof *words);
        CU_ASSERT(decode(copy, WORDS + 1) == FAULT_SHARE_LENGTH);
    }
}

static void test_a_padding_that_is_not_zero_is_refused(void)
{
    uint16_t words[WORDS];
    make_words(words);
    CU_ASSERT(words[PADDED_WORD] < 64);
    for (uint16_t padding = 1; padding < 16; padding++) {
        make_words(words);
        words[PADDED_WORD] |= (uint16_t)(padding << 6);
        put_sum("shamir_extendable", words, WORDS);
        CU_ASSERT(decode(words, WORDS) == FAULT_SHARE_PADDING);
    }
}

static void test_a_threshold_above_its_count_is_refused(void)
{
    struct slip39_share changed = made[0];
    for (unsigned count = 1; count <= 16; count++)
        for (unsigned threshold = 1; threshold <= 16; threshold++) {
            changed.group_count = (uint8_t)count;
            changed.group_threshold = (uint8_t)threshold;
            CU_ASSERT(decode_share(&changed) == (threshold > count ? FAULT_SHARE_THRESHOLD : FAULT_NONE));
        }
}

static void test_a_group_that_there_is_not_is_refused(void)
{
    struct slip39_share changed = made[0];
    for (unsigned count = 1; count <= 16; count++)
        for (unsigned group = 0; group < 16; group++) {
            changed.group_count = (uint8_t)count;
            changed.group = (uint8_t)group;
            CU_ASSERT(decode_share(&changed) == (group >= count ? FAULT_SHARE_THRESHOLD : FAULT_NONE));
        }
}

static void test_an_exponent_that_would_burn_hours_is_refused(void)
{
    struct slip39_share changed;
    for (unsigned exponent = 0; exponent < 16; exponent++)
        CU_ASSERT(DECODE_WITH(exponent, (uint8_t)exponent) == (exponent > 8 ? FAULT_SHARE_EXPONENT : FAULT_NONE));
}

/* -- the rules of a set -- */

#define JOIN_WITH(field, number)                                                                                       \
    (pair[0] = made[0], pair[1] = made[1], pair[1].field = number, combine(pair, 2, secret))

static void test_shares_that_differ_in_what_is_common_are_refused(void)
{
    struct slip39_share pair[2];
    split(0x5a5a, 0, 2, 3, made);
    CU_ASSERT(combine(made, 2, secret) == FAULT_NONE);
    CU_ASSERT(JOIN_WITH(id, 0x5a5b) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(JOIN_WITH(extendable, false) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(JOIN_WITH(exponent, 1) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(JOIN_WITH(group_threshold, 2) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(JOIN_WITH(group_count, 2) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(JOIN_WITH(member_threshold, 3) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(JOIN_WITH(length, 30) == FAULT_SHARE_OTHER_SET);
}

static void test_the_id_is_not_in_the_value(void)
{
    struct slip39_share pair[2];
    split(0x5a5a, 0, 2, 3, made);
    pair[0] = made[0];
    pair[1] = made[1];
    pair[0].id = pair[1].id = 9; /* extendable: the same KEK all the same, as the standard has it */
    CU_ASSERT(combine(pair, 2, secret) == FAULT_NONE);
}

static void test_too_few_members_or_groups_are_refused(void)
{
    const struct slip39_plan plan = {
        .id = 3, .group_threshold = 2, .group_count = 3, .groups = { { 2, 3 }, { 3, 5 }, { 1, 1 } }
    };
    for (uint8_t threshold = 2; threshold <= 16; threshold++) {
        split(4, 0, threshold, 16, made);
        CU_ASSERT(combine(made, threshold - 1u, secret) == FAULT_SHARE_TOO_FEW);
        CU_ASSERT(combine(made + 16 - threshold, threshold, secret) == FAULT_NONE);
    }
    CU_ASSERT(slip39_split(&plan, secret, 32, made) == 9);
    CU_ASSERT(combine(made, 3, secret) == FAULT_SHARE_TOO_FEW && combine(made, 5, secret) == FAULT_SHARE_TOO_FEW);
    CU_ASSERT(combine(made + 2, 6, secret) == FAULT_SHARE_TOO_FEW && combine(made + 2, 7, secret) == FAULT_NONE);
    CU_ASSERT(combine(made + 8, 1, secret) == FAULT_SHARE_TOO_FEW && combine(made, 0, secret) == FAULT_SHARE_TOO_FEW);
}

static void test_one_member_with_two_values_is_refused(void)
{
    split(5, 0, 2, 3, made);
    for (unsigned bit = 0; bit < 256; bit++) {
        struct slip39_share three[3] = { made[0], made[1], made[1] };
        three[2].value[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT(combine(three, 3, secret) == FAULT_SHARE_DUPLICATE);
    }
    const struct slip39_share same[3] = { made[0], made[1], made[1] };
    CU_ASSERT(combine(same, 3, secret) == FAULT_NONE);
}

static void test_every_bit_of_a_value_is_in_the_digest(void)
{
    split(6, 0, 3, 5, made);
    for (unsigned bit = 0; bit < 5 * 256; bit++) {
        uint8_t *byte = &made[bit / 256].value[bit % 256 / 8];
        *byte ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT(combine(made, 5, secret) == FAULT_SHARE_MISMATCH);
        if (bit / 256 < 3)
            CU_ASSERT(combine(made, 3, secret) == FAULT_SHARE_MISMATCH);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
}

/* Members of the group agree with each other, and the group does not with the other groups. */
static void test_a_group_of_another_split_is_refused(void)
{
    const struct slip39_plan plan = {
        .id = 7, .group_threshold = 2, .group_count = 3, .groups = { { 2, 2 }, { 2, 2 }, { 1, 1 } }
    };
    CU_ASSERT(slip39_split(&plan, secret, 32, made) == 5 && slip39_split(&plan, secret, 32, other) == 5);
    const struct slip39_share mixed[] = { made[0], made[1], other[2], other[3] };
    const struct slip39_share further[] = { made[0], made[1], made[2], made[3], other[4] };
    CU_ASSERT(combine(mixed, 4, secret) == FAULT_SHARE_MISMATCH);
    CU_ASSERT(combine(further, 5, secret) == FAULT_SHARE_MISMATCH && combine(further, 4, secret) == FAULT_NONE);
}

static void test_a_member_moved_to_another_place_is_refused(void)
{
    split(8, 0, 2, 4, made);
    struct slip39_share pair[2] = { made[0], made[1] };
    for (uint8_t member = 2; member < 16; member++) {
        pair[1].member = member;
        CU_ASSERT(combine(pair, 2, secret) == FAULT_SHARE_MISMATCH);
    }
    pair[0].member = 1;
    pair[1].member = 0;
    CU_ASSERT(combine(pair, 2, secret) == FAULT_SHARE_MISMATCH);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_sets_that_another_program_made_give_their_secrets),
        UNIT_TEST(test_altered_shares_of_another_program_are_refused),
        UNIT_TEST(test_the_checksum_is_the_standards),
        UNIT_TEST(test_a_checksum_of_the_other_kind_is_refused),
        UNIT_TEST(test_a_checksum_that_is_missing_or_wrong_is_refused),
        UNIT_TEST(test_two_or_three_altered_words_are_refused),
        UNIT_TEST(test_a_share_of_another_length_is_refused),
        UNIT_TEST(test_a_share_with_a_word_lost_or_doubled_is_refused),
        UNIT_TEST(test_a_padding_that_is_not_zero_is_refused),
        UNIT_TEST(test_a_threshold_above_its_count_is_refused),
        UNIT_TEST(test_a_group_that_there_is_not_is_refused),
        UNIT_TEST(test_an_exponent_that_would_burn_hours_is_refused),
        UNIT_TEST(test_shares_that_differ_in_what_is_common_are_refused),
        UNIT_TEST(test_the_id_is_not_in_the_value),
        UNIT_TEST(test_too_few_members_or_groups_are_refused),
        UNIT_TEST(test_one_member_with_two_values_is_refused),
        UNIT_TEST(test_every_bit_of_a_value_is_in_the_digest),
        UNIT_TEST(test_a_group_of_another_split_is_refused),
        UNIT_TEST(test_a_member_moved_to_another_place_is_refused),
    };
    return arena_open(ARENA_USEFUL) && secret_start() ? UNIT_RUN("slip39_256", tests) : 1;
}
