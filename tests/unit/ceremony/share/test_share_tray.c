/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/share_tray.h"

#include "tests/unit/ceremony_shares.h"

static struct split ours, theirs; /* two sets; ours is known */
static struct known_sets known;
static struct share_tray tray;
static char said[TRAY_SENTENCE];

static bool prepare(void)
{
    if (!shares_start() || !shares_split(2, 3, &shares_unknown, &ours))
        return false;
    known = (struct known_sets){ 1, &ours.set };
    return shares_split(3, 5, &known, &theirs);
}

static void begin(const struct known_sets *of)
{
    share_tray_close(&tray);
    CU_ASSERT(share_tray_open(&tray, of));
}

static enum fault add(const struct split *split, size_t holder, bool strict)
{
    return share_tray_add(&tray, split->words[holder], split->word_count, "here", strict, said);
}

/* How the set of a split is called in sentences. */
static const char *name_of(const struct split *split)
{
    static char text[SHARE_SET_TEXT];
    share_set_text(split->set.set, text);
    return text;
}

/* -- the first words -- */

static void test_a_known_member_is_told_by_its_fourth_word(void)
{
    begin(&known);
    for (size_t count = 0; count < 4; count++)
        CU_ASSERT(share_tray_check_start(&tray, ours.words[1], count, said) == FAULT_NONE && said[0] == '\0');
    CU_ASSERT(share_tray_check_start(&tray, ours.words[1], 4, said) == FAULT_NONE);
    CU_ASSERT(strstr(said, "member 2 of 3 (Bob) of set ") == said && strstr(said, name_of(&ours))
              && strstr(said, ", generation 1 of KEK "));
}

static void test_another_set_is_told_by_its_second_word(void)
{
    begin(&known);
    CU_ASSERT(share_tray_check_start(&tray, theirs.words[0], 1, said) == FAULT_NONE);
    CU_ASSERT(share_tray_check_start(&tray, theirs.words[0], 2, said) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(strstr(said, name_of(&theirs)) != NULL);
    CU_ASSERT(strstr(said, name_of(&ours)) != NULL);
}

static void test_without_records_the_first_share_decides(void)
{
    begin(&shares_unknown);
    CU_ASSERT(share_tray_check_start(&tray, theirs.words[0], 4, said) == FAULT_NONE);
    CU_ASSERT(strstr(said, "member 1, any 3 open of set ") == said);
    UNIT_NEED(add(&ours, 0, true) == FAULT_NONE);
    CU_ASSERT(share_tray_check_start(&tray, theirs.words[0], 2, said) == FAULT_SHARE_OTHER_SET);
    CU_ASSERT(share_tray_check_start(&tray, ours.words[1], 4, said) == FAULT_NONE);
}

static void test_a_member_that_was_entered_is_a_duplicate(void)
{
    begin(&known);
    UNIT_NEED(add(&ours, 1, true) == FAULT_NONE);
    CU_ASSERT(share_tray_check_start(&tray, ours.words[1], 4, said) == FAULT_SHARE_DUPLICATE);
    CU_ASSERT_STRING_EQUAL(said, "member 2 was already entered, or word 3 or 4 was mistyped");
    CU_ASSERT(share_tray_check_start(&tray, ours.words[2], 4, said) == FAULT_NONE);
}

/* The fourth word has the member: one beyond the set's is a word that was misread. */
static void test_a_member_that_there_is_not_is_refused(void)
{
    uint16_t words[4];
    begin(&known);
    memcpy(words, ours.words[2], sizeof words);
    words[3] = (uint16_t)(words[3] + (1 << 4)); /* member 4 of 3 */
    CU_ASSERT(share_tray_check_start(&tray, words, 4, said) == FAULT_SHARE_NOT_OURS);
}

/* -- whole ones -- */

static void test_whole_shares_are_kept_in_order(void)
{
    struct slip39_share share;
    begin(&known);
    CU_ASSERT(add(&ours, 2, true) == FAULT_NONE && add(&ours, 0, true) == FAULT_NONE && tray.count == 2);
    CU_ASSERT(strstr(said, "member 1 of 3 (Alice) of set ") == said);
    CU_ASSERT(slip39_decode(ours.words[2], ours.word_count, &share) == FAULT_NONE
              && memcmp(&share, &tray.shares[0], sizeof share) == 0);
    CU_ASSERT_STRING_EQUAL(tray.names[1], "here");
}

/* Refused, and nothing of it is left. */
static void expect_refusal(enum fault wanted, const uint16_t *words, size_t count, bool strict)
{
    size_t before = tray.count;
    said[0] = '\0';
    CU_ASSERT(share_tray_add(&tray, words, count, "here", strict, said) == wanted && said[0] != '\0');
    CU_ASSERT(tray.count == before);
    CU_ASSERT(unit_all((const uint8_t *)&tray.shares[before], sizeof *tray.shares, 0));
}

static void test_a_share_that_is_refused_is_not_kept(void)
{
    uint16_t words[SLIP39_WORDS_MAX];
    begin(&known);
    memcpy(words, ours.words[0], sizeof words);
    words[10] ^= 1;
    expect_refusal(FAULT_SHARE_CHECKSUM, words, ours.word_count, true);
    expect_refusal(FAULT_SHARE_LENGTH, ours.words[0], 10, true);
    expect_refusal(FAULT_SHARE_OTHER_SET, theirs.words[0], theirs.word_count, false);
    UNIT_NEED(add(&ours, 0, true) == FAULT_NONE);
    expect_refusal(FAULT_SHARE_DUPLICATE, ours.words[0], ours.word_count, true);
}

/* Whole, of the set, of a member, and not the share that the record has of that member. */
static void test_a_false_share_of_the_set_is_found_out(void)
{
    struct slip39_share share;
    uint16_t words[SLIP39_WORDS_MAX];
    begin(&known);
    UNIT_NEED(slip39_decode(ours.words[0], ours.word_count, &share) == FAULT_NONE);
    share.value[31] ^= 1;
    expect_refusal(FAULT_SHARE_NOT_OURS, words, slip39_encode(&share, words), true);
    expect_refusal(FAULT_SHARE_NOT_OURS, words, slip39_encode(&share, words), false);
    begin(&shares_unknown);
    CU_ASSERT(share_tray_add(&tray, words, ours.word_count, "here", true, said) == FAULT_NONE);
}

static void test_a_tray_without_strictness_keeps_all(void)
{
    begin(&shares_unknown);
    CU_ASSERT(add(&ours, 0, false) == FAULT_NONE && add(&theirs, 0, false) == FAULT_NONE
              && add(&ours, 0, false) == FAULT_NONE && tray.count == 3);
    begin(&shares_unknown);
    CU_ASSERT(add(&ours, 0, true) == FAULT_NONE && add(&theirs, 0, true) == FAULT_SHARE_OTHER_SET);
}

static void test_a_tray_is_full_at_its_bound(void)
{
    begin(&shares_unknown);
    for (size_t i = 0; i < QUORUM_SHARES_MAX; i++)
        UNIT_NEED(add(&ours, 0, false) == FAULT_NONE);
    CU_ASSERT(add(&ours, 1, false) == FAULT_MEMORY && tray.count == QUORUM_SHARES_MAX);
}

/* -- words about a share -- */

static void test_a_superseded_set_says_so(void)
{
    struct share_set *sets = calloc(2, sizeof *sets);
    UNIT_NEED(sets != NULL);
    sets[0] = sets[1] = ours.set;
    sets[1].generation = 2;
    sets[1].set ^= 1;
    for (size_t i = 0; i < sets[1].count; i++)
        sets[1].holders[i].verified = 1767225600;
    sets[1].opened = 1767225600;
    const struct known_sets both = { 2, sets };
    begin(&both);
    CU_ASSERT(add(&ours, 0, true) == FAULT_NONE);
    CU_ASSERT(strstr(said, ", generation 1, superseded, still opens KEK ") != NULL);
    begin(&known);
    free(sets);
}

/* All of a 1-of-n group hold the same words: it is not known who of them this is. */
static void test_a_group_of_copies_has_no_names(void)
{
    const struct share_set set = { .set = 1,
                                   .generation = 1,
                                   .group_threshold = 2,
                                   .group_count = 2,
                                   .groups = { { 1, 2 }, { 2, 2 } },
                                   .count = 3,
                                   .holders = { { .group = 1, .member = 1, .label = "Alice" },
                                                { .group = 1, .member = 2, .label = "Bob" },
                                                { .group = 2, .member = 1, .label = "Carol" } } };
    const struct known_sets of = { 1, (struct share_set *)&set };
    struct slip39_share share = { .id = 1, .extendable = true, .group_count = 2 };
    share_tray_describe(&of, &share, said);
    CU_ASSERT(strstr(said, "group 1, member 1 of set 0001, generation 1 of KEK ") == said);
    share.group = 1;
    share_tray_describe(&of, &share, said);
    CU_ASSERT(strstr(said, "group 2, member 1 (Carol) of set 0001, ") == said);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_member_is_told_by_its_fourth_word),
        UNIT_TEST(test_another_set_is_told_by_its_second_word),
        UNIT_TEST(test_without_records_the_first_share_decides),
        UNIT_TEST(test_a_member_that_was_entered_is_a_duplicate),
        UNIT_TEST(test_a_member_that_there_is_not_is_refused),
        UNIT_TEST(test_whole_shares_are_kept_in_order),
        UNIT_TEST(test_a_share_that_is_refused_is_not_kept),
        UNIT_TEST(test_a_false_share_of_the_set_is_found_out),
        UNIT_TEST(test_a_tray_without_strictness_keeps_all),
        UNIT_TEST(test_a_tray_is_full_at_its_bound),
        UNIT_TEST(test_a_superseded_set_says_so),
        UNIT_TEST(test_a_group_of_copies_has_no_names),
    };
    int result = prepare() ? UNIT_RUN("share_tray", tests) : 1;
    share_tray_close(&tray);
    split_free(&ours);
    split_free(&theirs);
    return result;
}
