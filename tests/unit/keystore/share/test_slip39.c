/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/slip39.h"

#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"
#include "keystore/share/slip39_words.h"
#include "tests/unit/unit.h"

enum { SHARES = 8, LINE = 512 };

static const uint8_t secret[32] = "32 bytes of a KEK that is shared";
static struct slip39_share made[SLIP39_SHARES_MAX];

/* -- the official vectors -- */

static bool read_words(char *line, uint16_t *words, size_t *count)
{
    *count = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        int number = slip39_words_number(word, strlen(word));
        if (number < 0 || *count == SLIP39_WORDS_MAX)
            return false;
        words[(*count)++] = (uint16_t)number;
    }
    return true;
}

/* The shares of one vector, up to the empty line; the first fault of theirs. */
static enum fault read_shares(FILE *file, struct slip39_share *shares, size_t *count)
{
    char line[LINE];
    uint16_t words[SLIP39_WORDS_MAX];
    size_t length;
    enum fault fault = FAULT_NONE;
    for (*count = 0; fgets(line, sizeof line, file) && line[0] != '\n';) {
        line[strcspn(line, "\n")] = '\0';
        enum fault here = read_words(line, words, &length) ? slip39_decode(words, length, &shares[*count])
                                                           : FAULT_SHARE_LENGTH;
        fault = fault ? fault : here;
        ++*count;
    }
    return fault;
}

static bool is_secret(const char *expected, const uint8_t *found, size_t length)
{
    char hex[2 * SHAMIR_LENGTH_MAX + 1];
    bytes_to_hex(found, length, hex);
    return strncmp(expected, hex, strlen(hex)) == 0 && expected[strlen(hex)] == '\n';
}

static void test_the_official_vectors_are_taken_and_refused_as_they_say(void)
{
    char line[LINE];
    unsigned valid = 0, refused = 0;
    FILE *file = fopen(VECTORS_DIR "/slip39.txt", "re");
    UNIT_NEED(file != NULL);
    while (fgets(line, sizeof line, file)) {
        struct slip39_share shares[SHARES];
        uint8_t found[SHAMIR_LENGTH_MAX];
        size_t count, length = 0;
        if (line[0] == '#' || line[0] == '\n')
            continue;
        enum fault fault = read_shares(file, shares, &count);
        if (!fault)
            fault = slip39_combine(shares, count, "TREZOR", found, &length);
        CU_ASSERT((fault == FAULT_NONE) == (line[0] != '-'));
        CU_ASSERT(fault != FAULT_NONE || is_secret(line, found, length));
        valid += fault == FAULT_NONE;
        refused += fault != FAULT_NONE;
    }
    fclose(file);
    CU_ASSERT(valid == 15 && refused == 30);
}

/* -- our own -- */

static struct slip39_plan plan_of(uint8_t threshold, uint8_t count)
{
    return (
        struct slip39_plan){ .id = 0x5a5a, .group_threshold = 1, .group_count = 1, .groups = { { threshold, count } } };
}

static enum fault combine(const struct slip39_share *shares, size_t count)
{
    uint8_t found[SHAMIR_LENGTH_MAX];
    size_t length = 0;
    enum fault fault = slip39_combine(shares, count, "", found, &length);
    CU_ASSERT(fault || (length == 32 && memcmp(found, secret, 32) == 0));
    CU_ASSERT(!fault || memcmp(found, (uint8_t[32]){ 0 }, 32) == 0);
    return fault;
}

static void test_the_words_of_a_share_are_decoded_to_it(void)
{
    struct slip39_plan plan = plan_of(3, 5);
    uint16_t words[SLIP39_WORDS_MAX];
    struct slip39_share back;
    CU_ASSERT(slip39_split(&plan, secret, 32, made) == 5);
    for (unsigned i = 0; i < 5; i++) {
        CU_ASSERT(slip39_encode(&made[i], words) == 33);
        CU_ASSERT(slip39_decode(words, 33, &back) == FAULT_NONE && memcmp(&back, &made[i], sizeof back) == 0);
        CU_ASSERT(back.member == i && back.member_threshold == 3 && back.id == 0x5a5a && back.extendable);
    }
}

static void test_a_secret_split_among_groups_is_combined_again(void)
{
    struct slip39_plan plan = {
        .id = 7, .exponent = 1, .group_threshold = 2, .group_count = 2, .groups = { { 2, 3 }, { 1, 1 } }
    };
    CU_ASSERT(slip39_plan_is_valid(&plan) && slip39_split(&plan, secret, 32, made) == 4);
    const struct slip39_share enough[] = { made[3], made[2], made[0] }, one_group[] = { made[0], made[1], made[2] };
    const struct slip39_share short_group[] = { made[0], made[3] };
    CU_ASSERT(combine(enough, 3) == FAULT_NONE && combine(made, 4) == FAULT_NONE);
    CU_ASSERT(combine(one_group, 3) == FAULT_SHARE_TOO_FEW && combine(short_group, 2) == FAULT_SHARE_TOO_FEW);
}

static void test_a_plan_that_cannot_be_is_not_valid(void)
{
    static const struct {
        uint8_t threshold, count;
    } bad[] = { { 0, 1 }, { 3, 2 }, { 1, 2 }, { 2, 17 }, { 0, 0 } };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct slip39_plan plan = plan_of(bad[i].threshold, bad[i].count);
        CU_ASSERT(!slip39_plan_is_valid(&plan));
    }
    struct slip39_plan plan = plan_of(2, 3);
    CU_ASSERT(slip39_plan_is_valid(&plan));
    plan.group_threshold = 2;
    CU_ASSERT(!slip39_plan_is_valid(&plan));
    plan = plan_of(2, 3);
    plan.id = 1 << 15;
    CU_ASSERT(!slip39_plan_is_valid(&plan));
}

/* 33 x 1,023: any one word changed. */
static void test_every_single_word_substitution_is_refused(void)
{
    struct slip39_plan plan = plan_of(2, 3);
    uint16_t words[SLIP39_WORDS_MAX];
    struct slip39_share back;
    unsigned passed = 0;
    slip39_split(&plan, secret, 32, made);
    slip39_encode(&made[1], words);
    for (size_t at = 0; at < 33; at++)
        for (uint16_t change = 1; change < 1024; change++) {
            words[at] ^= change;
            passed += slip39_decode(words, 33, &back) == FAULT_NONE;
            words[at] ^= change;
        }
    CU_ASSERT(passed == 0);
}

static void test_swapped_neighbours_are_refused(void)
{
    struct slip39_plan plan = plan_of(2, 3);
    uint16_t words[SLIP39_WORDS_MAX];
    struct slip39_share back;
    slip39_split(&plan, secret, 32, made);
    for (unsigned share = 0; share < 3; share++) {
        slip39_encode(&made[share], words);
        for (size_t at = 0; at + 1 < 33; at++) {
            uint16_t first = words[at];
            bool differ = first != words[at + 1];
            words[at] = words[at + 1];
            words[at + 1] = first;
            CU_ASSERT((slip39_decode(words, 33, &back) == FAULT_SHARE_CHECKSUM) == differ);
            words[at + 1] = words[at];
            words[at] = first;
        }
    }
}

/* The words of a share that says what ours never would, with a checksum that is right. */
static enum fault decode_changed(struct slip39_share share)
{
    uint16_t words[SLIP39_WORDS_MAX];
    struct slip39_share back;
    size_t count = slip39_encode(&share, words);
    return slip39_decode(words, count, &back);
}

static void test_a_share_that_is_not_right_is_refused_by_name(void)
{
    struct slip39_plan plan = plan_of(2, 3);
    uint16_t words[SLIP39_WORDS_MAX] = { 0 };
    struct slip39_share back;
    slip39_split(&plan, secret, 32, made);
    struct slip39_share changed = made[0];
    changed.group_threshold = 2;
    CU_ASSERT(decode_changed(changed) == FAULT_SHARE_THRESHOLD);
    changed = made[0];
    changed.group = 1;
    CU_ASSERT(decode_changed(changed) == FAULT_SHARE_THRESHOLD);
    changed = made[0];
    changed.exponent = SLIP39_EXPONENT_MAX + 1;
    CU_ASSERT(decode_changed(changed) == FAULT_SHARE_EXPONENT);
    for (size_t count = 0; count < 40; count++)
        if (count < 20 || count > 33 || 10 * (count - 7) % 16 > 8)
            CU_ASSERT(slip39_decode(words, count > 33 ? 34 : count, &back) == FAULT_SHARE_LENGTH);
}

static void test_a_set_that_is_not_right_is_refused_by_name(void)
{
    struct slip39_plan plan = plan_of(3, 5), other_plan = plan_of(3, 5);
    struct slip39_share other[5];
    slip39_split(&plan, secret, 32, made);
    other_plan.id = 1;
    slip39_split(&other_plan, secret, 32, other);
    const struct slip39_share foreign[] = { made[0], made[1], other[2] };
    CU_ASSERT(combine(foreign, 3) == FAULT_SHARE_OTHER_SET);
    slip39_split(&plan, secret, 32, other);
    const struct slip39_share twice[] = { made[0], made[1], made[2], other[2] };
    const struct slip39_share mixed[] = { made[0], made[1], other[2] };
    CU_ASSERT(combine(twice, 4) == FAULT_SHARE_DUPLICATE && combine(mixed, 3) == FAULT_SHARE_MISMATCH);
    struct slip39_share more[5];
    memcpy(more, made, sizeof more);
    CU_ASSERT(combine(more, 5) == FAULT_NONE && combine(more, 2) == FAULT_SHARE_TOO_FEW
              && combine(more, 0) == FAULT_SHARE_TOO_FEW);
    more[4].value[31] ^= 1;
    CU_ASSERT(combine(more, 5) == FAULT_SHARE_MISMATCH);
    const struct slip39_share repeated[] = { made[0], made[0], made[1] };
    CU_ASSERT(combine(repeated, 3) == FAULT_SHARE_TOO_FEW);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_official_vectors_are_taken_and_refused_as_they_say),
        UNIT_TEST(test_the_words_of_a_share_are_decoded_to_it),
        UNIT_TEST(test_a_secret_split_among_groups_is_combined_again),
        UNIT_TEST(test_a_plan_that_cannot_be_is_not_valid),
        UNIT_TEST(test_every_single_word_substitution_is_refused),
        UNIT_TEST(test_swapped_neighbours_are_refused),
        UNIT_TEST(test_a_share_that_is_not_right_is_refused_by_name),
        UNIT_TEST(test_a_set_that_is_not_right_is_refused_by_name),
    };
    return secret_start() ? UNIT_RUN("slip39", tests) : 1;
}
