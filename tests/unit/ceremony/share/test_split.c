/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/split.h"

#include "keystore/share/share.h"
#include "tests/unit/ceremony_shares.h"

/* -- the wish -- */

/* Whether a wish for these groups ("2/3 1/2"), or none, can be settled. */
static bool settles(const char *groups, unsigned threshold, unsigned shares)
{
    struct split_policy options = { 0 };
    char text[128], *rest = text;
    snprintf(text, sizeof text, "%s", groups);
    for (const char *group; (group = strtok_r(rest, " ", &rest));)
        if (!split_add_group(&options, group))
            return false;
    return split_settle(&options, threshold, shares) == NULL;
}

static void test_a_threshold_and_a_count_that_can_be_are_taken(void)
{
    CU_ASSERT(settles("", 2, 2) && settles("", 2, 3) && settles("", 16, 16));
    CU_ASSERT(!settles("", 0, 0) && !settles("", 0, 3) && !settles("", 2, 0));
    CU_ASSERT(!settles("", 1, 1) && !settles("", 1, 3)); /* one share alone would be the KEK */
    CU_ASSERT(!settles("", 4, 3) && !settles("", 2, 17));
}

static void test_groups_that_can_be_are_taken(void)
{
    CU_ASSERT(settles("2/3 3/5", 0, 0) && settles("2/3 3/5", 2, 2) && settles("2/3 3/5", 1, 0));
    CU_ASSERT(settles("1/2 1/2", 0, 0)); /* two shares still, of two groups */
    CU_ASSERT(!settles("2/3 1/2", 1, 0) && !settles("1/1", 0, 0));
    CU_ASSERT(!settles("2/3 3/5", 3, 0) && !settles("2/3 3/5", 0, 8));
    CU_ASSERT(!settles("3/2", 0, 0) && !settles("0/2", 0, 0) && !settles("2/17", 0, 0));
    CU_ASSERT(!settles("2", 0, 0) && !settles("2/3x", 0, 0) && !settles("-1/3", 0, 0));
}

static void test_more_shares_than_can_be_kept_an_eye_on_are_refused(void)
{
    CU_ASSERT(settles("2/16 2/16 2/16 2/16", 0, 0)); /* 64 shares */
    CU_ASSERT(!settles("2/16 2/16 2/16 2/16 1/1", 0, 0));
    CU_ASSERT(settles("8/8 8/8", 0, 0) && !settles("8/8 9/9", 0, 0));         /* 16 at once; 17 */
    CU_ASSERT(settles("8/8 8/8 2/2", 2, 0) && !settles("2/2 8/8 9/9", 2, 0)); /* the two that need most count */
}

static void test_labels_are_as_many_as_shares(void)
{
    struct split_policy options = { .label_count = 2, .labels = { "Alice", "Bob" } };
    CU_ASSERT(split_settle(&options, 2, 3) != NULL);
    CU_ASSERT(split_settle(&(struct split_policy){ .label_count = 2, .labels = { "Alice", "Bob" } }, 2, 2) == NULL);
    CU_ASSERT(split_settle(&(struct split_policy){ .label_count = 2, .labels = { "Alice", "" } }, 2, 2) != NULL);
    CU_ASSERT(split_settle(&(struct split_policy){ .label_count = 2, .labels = { "Alice", "B\n" } }, 2, 2) != NULL);
}

static void test_one_custodian_gets_one_share(void)
{
    struct split_policy options = { .label_count = 3, .labels = { "Ann", "Bob", "bob" } };
    const char *why = split_settle(&options, 2, 3);
    UNIT_NEED(why != NULL);
    CU_ASSERT(strstr(why, "\"bob\" has a share already") && strstr(why, "\"bob (second share)\""));
    options = (struct split_policy){ .label_count = 3, .labels = { "Ann", "Bob", "Bob (second share)" } };
    CU_ASSERT(split_settle(&options, 2, 3) == NULL);
}

/* -- the split -- */

/* What the words of some holders give. */
static enum fault join(const struct split *split, const size_t *holders, size_t count, struct kek *out)
{
    struct slip39_share shares[4];
    for (size_t i = 0; i < count; i++)
        CU_ASSERT(slip39_decode(split->words[holders[i]], split->word_count, &shares[i]) == FAULT_NONE);
    return share_join(shares, count, out);
}

static void test_any_quorum_gives_the_kek(void)
{
    const struct kek kek = shares_kek(0x55);
    struct kek joined;
    struct split split;
    UNIT_NEED(shares_split(2, 3, &shares_unknown, &split));
    for (size_t i = 0; i < 3; i++) {
        const size_t pair[] = { i, (i + 1) % 3 };
        CU_ASSERT(join(&split, pair, 2, &joined) == FAULT_NONE && memcmp(joined.key, kek.key, KEK_SIZE) == 0);
        CU_ASSERT(join(&split, pair, 1, &joined) == FAULT_SHARE_TOO_FEW);
    }
    split_free(&split);
    CU_ASSERT(split.words == NULL);
}

static void test_the_record_says_whose_share_is_which(void)
{
    const struct kek kek = shares_kek(0x55);
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    struct split split;
    UNIT_NEED(shares_split(2, 3, &shares_unknown, &split));
    CU_ASSERT(kek_id_equal(&split.set.kek, &kek.id) && split.set.generation == 1 && split.set.opened == 0);
    CU_ASSERT(memcmp(split.set.keystore_id, shares_keystore, KEYSTORE_ID_SIZE) == 0);
    CU_ASSERT(split.set.group_threshold == 1 && split.set.group_count == 1 && split.set.groups[0].threshold == 2
              && split.set.groups[0].count == 3 && split.set.count == 3 && split.word_count == SLIP39_WORDS_MAX);
    for (size_t i = 0; i < 3; i++) {
        struct slip39_share share;
        const struct share_holder *holder = &split.set.holders[i];
        UNIT_NEED(slip39_decode(split.words[i], split.word_count, &share) == FAULT_NONE);
        share_fingerprint_of(&share, fingerprint);
        CU_ASSERT(share_set_has_id(&split.set, &share) && holder->group == share.group + 1
                  && holder->member == share.member + 1 && holder->member == i + 1 && holder->verified == 0);
        CU_ASSERT(memcmp(holder->fingerprint, fingerprint, sizeof fingerprint) == 0);
    }
    split_free(&split);
}

/* SLIP-0039 has no 1-of-many: all of such a group hold the same words, and each has a name. */
static void test_groups_become_holders(void)
{
    const struct kek kek = shares_kek(0x55);
    struct split_policy options = { .label_count = 5, .labels = { "A", "B", "C", "D", "E" } };
    struct kek joined;
    struct split split;
    UNIT_NEED(split_add_group(&options, "1/2") && split_add_group(&options, "2/3") && !split_settle(&options, 0, 0));
    UNIT_NEED(split_make(&options, &kek, &shares_unknown, shares_keystore, &split));
    static const uint8_t members[][2] = { { 1, 1 }, { 1, 2 }, { 2, 1 }, { 2, 2 }, { 2, 3 } };
    UNIT_NEED(split.set.count == UNIT_COUNT(members) && split.set.group_threshold == 2);
    for (size_t i = 0; i < split.set.count; i++) {
        const struct share_holder *holder = &split.set.holders[i];
        CU_ASSERT(holder->group == members[i][0] && holder->member == members[i][1]);
        CU_ASSERT(holder->label[0] == 'A' + (char)i && holder->label[1] == '\0');
    }
    CU_ASSERT(memcmp(split.words[0], split.words[1], sizeof split.words[0]) == 0);
    CU_ASSERT(memcmp(split.words[2], split.words[3], sizeof split.words[2]) != 0);
    CU_ASSERT(join(&split, (const size_t[]){ 4, 1, 2 }, 3, &joined) == FAULT_NONE
              && memcmp(joined.key, kek.key, KEK_SIZE) == 0);
    CU_ASSERT(join(&split, (const size_t[]){ 2, 3, 4 }, 3, &joined) == FAULT_SHARE_TOO_FEW);
    split_free(&split);
}

/* The next generation of the same KEK; another KEK's do not count. */
static void test_a_split_has_the_next_generation_of_its_kek(void)
{
    struct share_set *sets = calloc(2, sizeof *sets);
    const struct known_sets known = { 2, sets };
    struct split split;
    UNIT_NEED(sets != NULL);
    sets[0] = (struct share_set){ .kek = shares_kek(0x55).id, .generation = 7 };
    sets[1] = (struct share_set){ .kek = shares_kek(0x56).id, .generation = 9, .set = 1 };
    UNIT_NEED(shares_split(2, 2, &known, &split));
    CU_ASSERT(split.set.generation == 8);
    split_free(&split);
    sets[0].generation = SHARE_GENERATION_MAX;
    CU_ASSERT(!shares_split(2, 2, &known, &split) && split.words == NULL);
    free(sets);
}

static void test_two_splits_share_nothing(void)
{
    struct split first, second;
    UNIT_NEED(shares_split(2, 2, &shares_unknown, &first) && shares_split(2, 2, &shares_unknown, &second));
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT(memcmp(first.words[i], second.words[i], sizeof first.words[i]) != 0);
    split_free(&first);
    split_free(&second);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_threshold_and_a_count_that_can_be_are_taken),
        UNIT_TEST(test_groups_that_can_be_are_taken),
        UNIT_TEST(test_more_shares_than_can_be_kept_an_eye_on_are_refused),
        UNIT_TEST(test_labels_are_as_many_as_shares),
        UNIT_TEST(test_one_custodian_gets_one_share),
        UNIT_TEST(test_any_quorum_gives_the_kek),
        UNIT_TEST(test_the_record_says_whose_share_is_which),
        UNIT_TEST(test_groups_become_holders),
        UNIT_TEST(test_a_split_has_the_next_generation_of_its_kek),
        UNIT_TEST(test_two_splits_share_nothing),
    };
    return shares_start() ? UNIT_RUN("splitting", tests) : 1;
}
