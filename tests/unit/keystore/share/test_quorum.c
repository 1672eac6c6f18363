/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/quorum.h"

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t secret[KEK_SIZE] = "32 bytes of a KEK that is wanted";
static const uint8_t other_secret[KEK_SIZE] = "32 bytes of a KEK that is foreig";
static struct slip39_share ours[SLIP39_SHARES_MAX], foreign[SLIP39_SHARES_MAX], given[QUORUM_SHARES_MAX + 1];
static struct kek *wanted, *out;
static struct quorum found;
static unsigned asked;

static bool prepare(void)
{
    if (!arena_open(ARENA_USEFUL) || !secret_start())
        return false;
    wanted = arena_alloc(sizeof *wanted);
    out = arena_alloc(sizeof *out);
    return wanted && out && kek_from_bytes(secret, wanted) == FAULT_NONE;
}

/* -- sets -- */

static struct slip39_plan one_group(uint16_t id, uint8_t threshold, uint8_t count)
{
    return (struct slip39_plan){ .id = id, .group_threshold = 1, .group_count = 1, .groups = { { threshold, count } } };
}

static struct slip39_plan three_groups(uint8_t group_threshold)
{
    return (struct slip39_plan){
        .id = 3, .group_threshold = group_threshold, .group_count = 3, .groups = { { 2, 3 }, { 3, 4 }, { 1, 1 } }
    };
}

static size_t split(const struct slip39_plan *plan, const uint8_t *bytes, struct slip39_share *to)
{
    return slip39_plan_is_valid(plan) ? slip39_split(plan, bytes, KEK_SIZE, to) : 0;
}

static size_t split_ours(uint8_t threshold, uint8_t count)
{
    const struct slip39_plan plan = one_group(1, threshold, count);
    return split(&plan, secret, ours);
}

static size_t split_foreign(uint16_t id, uint8_t threshold, uint8_t count)
{
    const struct slip39_plan plan = one_group(id, threshold, count);
    return split(&plan, other_secret, foreign);
}

static struct slip39_share altered(const struct slip39_share *share)
{
    struct slip39_share copy = *share;
    copy.value[7] ^= 0x10;
    return copy;
}

/* -- finding -- */

static bool accept_wanted(const struct kek *kek, void *context)
{
    asked++;
    return memcmp(kek, context, sizeof *kek) == 0;
}

static bool accept_none(const struct kek *kek, void *context)
{
    (void)kek;
    (void)context;
    asked++;
    return false;
}

static enum fault find(size_t count)
{
    size_t before = arena_available();
    memset(out, 0, sizeof *out);
    found = (struct quorum){ UINT64_MAX, UINT64_MAX };
    asked = 0;
    enum fault fault = quorum_find(given, count, accept_wanted, wanted, out, &found);
    CU_ASSERT((fault == FAULT_NONE) == (memcmp(out, wanted, sizeof *out) == 0));
    CU_ASSERT(fault == FAULT_NONE || unit_all((const uint8_t *)out, sizeof *out, 0));
    CU_ASSERT(fault == FAULT_NONE || (found.used == 0 && found.false_ones == 0));
    CU_ASSERT(arena_available() == before);
    return fault;
}

static bool finds(size_t count, uint64_t used, uint64_t false_ones)
{
    return find(count) == FAULT_NONE && found.used == used && found.false_ones == false_ones;
}

/* -- one group -- */

static void test_good_shares_give_the_kek_in_any_order(void)
{
    split_ours(3, 5);
    for (unsigned first = 0; first < 5; first++)
        for (unsigned second = 0; second < 5; second++)
            for (unsigned third = 0; third < 5; third++) {
                if (first == second || first == third || second == third)
                    continue;
                given[0] = ours[first];
                given[1] = ours[second];
                given[2] = ours[third];
                CU_ASSERT(finds(3, 7, 0) && asked == 1);
            }
}

static void test_more_shares_than_are_needed_give_the_kek(void)
{
    split_ours(3, 5);
    memcpy(given, ours, 5 * sizeof *given);
    CU_ASSERT(finds(5, 7, 0) && finds(4, 7, 0));
    split_ours(16, 16);
    memcpy(given, ours, 16 * sizeof *given);
    CU_ASSERT(finds(16, 0xffff, 0));
}

/* Each choice of bad ones among five, three good ones always left. */
static void test_good_shares_are_found_among_bad_ones_of_the_same_set(void)
{
    split_ours(3, 5);
    for (uint64_t bad = 0; bad < 32; bad++) {
        uint64_t good = 31 & ~bad, used = 0;
        for (unsigned i = 0; i < 5; i++)
            given[i] = bad >> i & 1 ? altered(&ours[i]) : ours[i];
        for (unsigned i = 0, left = 3; i < 5 && left > 0; i++)
            if (good >> i & 1) {
                used |= (uint64_t)1 << i;
                left--;
            }
        if (__builtin_popcountll(bad) <= 2)
            CU_ASSERT(finds(5, used, bad) && asked == 1)
        else
            CU_ASSERT(find(5) == FAULT_SHARE_MISMATCH && asked == 0);
    }
}

static void test_good_shares_are_found_among_those_of_other_sets(void)
{
    split_ours(2, 3);
    split_foreign(2, 2, 3);
    given[0] = foreign[0];
    given[1] = ours[2];
    given[2] = foreign[1];
    given[3] = ours[0];
    given[4] = foreign[2];
    CU_ASSERT(finds(5, 1 << 1 | 1 << 3, 0) && asked > 1);
    given[5] = altered(&ours[1]);
    CU_ASSERT(finds(6, 1 << 1 | 1 << 3, 1 << 5));
}

/* Generations of one KEK open as well: the first that is whole is taken. */
static void test_shares_of_two_sets_of_one_kek_are_not_mixed(void)
{
    const struct slip39_plan plan = one_group(2, 2, 3);
    split_ours(3, 3);
    CU_ASSERT(split(&plan, secret, foreign) == 3);
    given[0] = ours[0];
    given[1] = ours[1];
    given[2] = foreign[0];
    given[3] = foreign[1];
    CU_ASSERT(finds(4, 1 << 2 | 1 << 3, 0) && asked == 1);
}

/* The same id was drawn twice: only the thresholds or the digest tell. */
static void test_shares_are_found_beside_another_set_with_the_same_id(void)
{
    split_ours(2, 3);
    split_foreign(1, 3, 5);
    memcpy(given, foreign, 3 * sizeof *given);
    memcpy(given + 3, ours, 2 * sizeof *given);
    CU_ASSERT(finds(5, 1 << 3 | 1 << 4, 0) && asked == 2);
    split_foreign(1, 2, 3);
    given[0] = foreign[0];
    given[1] = ours[1];
    given[2] = foreign[2];
    given[3] = ours[2];
    CU_ASSERT(finds(4, 1 << 1 | 1 << 3, 1 << 0 | 1 << 2) && asked == 2);
}

static void test_the_right_one_of_two_shares_of_one_member_is_found(void)
{
    split_ours(3, 5);
    given[0] = altered(&ours[0]);
    given[1] = ours[1];
    given[2] = ours[0];
    given[3] = altered(&ours[2]);
    given[4] = ours[2];
    CU_ASSERT(finds(5, 1 << 1 | 1 << 2 | 1 << 4, 1 << 0 | 1 << 3));
    given[4] = altered(&ours[0]);
    CU_ASSERT(find(5) == FAULT_SHARE_MISMATCH);
}

static void test_the_same_share_twice_counts_once(void)
{
    split_ours(3, 5);
    given[0] = given[1] = given[2] = ours[0];
    given[3] = ours[1];
    CU_ASSERT(find(4) == FAULT_SHARE_TOO_FEW);
    given[4] = ours[2];
    CU_ASSERT(finds(5, 1 << 0 | 1 << 3 | 1 << 4, 0));
}

/* -- nothing found -- */

static void test_too_few_shares_are_told_as_too_few(void)
{
    split_ours(3, 5);
    split_foreign(2, 3, 5);
    CU_ASSERT(find(0) == FAULT_SHARE_TOO_FEW);
    memcpy(given, ours, 2 * sizeof *given);
    memcpy(given + 2, foreign, 2 * sizeof *given);
    CU_ASSERT(find(1) == FAULT_SHARE_TOO_FEW && find(2) == FAULT_SHARE_TOO_FEW && find(4) == FAULT_SHARE_TOO_FEW);
    CU_ASSERT(asked == 0);
}

static void test_a_complete_set_with_a_false_share_is_a_mismatch(void)
{
    split_ours(3, 5);
    memcpy(given, ours, 3 * sizeof *given);
    given[1] = altered(&given[1]);
    CU_ASSERT(find(3) == FAULT_SHARE_MISMATCH && asked == 0);
}

static void test_a_complete_set_of_another_kek_is_a_mismatch_of_the_kek(void)
{
    split_ours(3, 5);
    split_foreign(2, 2, 3);
    memcpy(given, foreign, 2 * sizeof *given);
    memcpy(given + 2, ours, 3 * sizeof *given);
    CU_ASSERT(find(2) == FAULT_KEK_MISMATCH && find(4) == FAULT_KEK_MISMATCH && asked == 1);
    given[2] = altered(&ours[0]);
    CU_ASSERT(find(5) == FAULT_KEK_MISMATCH);
    CU_ASSERT(quorum_find(given, 5, accept_none, NULL, out, &found) == FAULT_KEK_MISMATCH);
    CU_ASSERT(unit_all((const uint8_t *)out, sizeof *out, 0));
}

static void test_a_set_that_holds_together_and_is_no_kek_is_refused(void)
{
    const struct slip39_plan plan = one_group(9, 2, 2);
    CU_ASSERT(slip39_split(&plan, secret, 16, given) == 2 && find(2) == FAULT_SHARE_MISMATCH);
    CU_ASSERT(slip39_split(&plan, (uint8_t[32]){ 0 }, 32, given) == 2 && find(2) == FAULT_SHARE_MISMATCH);
}

static void test_more_shares_than_fit_are_refused(void)
{
    split_ours(2, 3);
    for (size_t i = 0; i <= QUORUM_SHARES_MAX; i++)
        given[i] = ours[0];
    given[QUORUM_SHARES_MAX - 1] = ours[1];
    CU_ASSERT(find(QUORUM_SHARES_MAX + 1) == FAULT_MEMORY);
    CU_ASSERT(finds(QUORUM_SHARES_MAX, 1 | (uint64_t)1 << (QUORUM_SHARES_MAX - 1), 0));
}

/* -- groups -- */

/* ours: 0-2 of the group 2/3, 3-6 of the group 3/4, 7 of the group 1/1. */
static void split_groups(uint8_t group_threshold)
{
    const struct slip39_plan plan = three_groups(group_threshold);
    CU_ASSERT(split(&plan, secret, ours) == 8);
}

static void test_as_many_groups_as_are_needed(void)
{
    split_groups(2);
    given[0] = ours[7];
    given[1] = ours[4];
    given[2] = ours[2];
    given[3] = ours[0];
    CU_ASSERT(finds(4, 1 << 0 | 1 << 2 | 1 << 3, 0));
    given[0] = ours[3];
    CU_ASSERT(find(4) == FAULT_SHARE_TOO_FEW);
    given[4] = ours[6];
    CU_ASSERT(finds(5, 31, 0));
    split_groups(3);
    memcpy(given, ours, 8 * sizeof *given);
    CU_ASSERT(finds(8, 1 << 0 | 1 << 1 | 7 << 3 | 1 << 7, 0) && find(7) == FAULT_SHARE_TOO_FEW);
}

static void test_a_bad_member_of_a_group_is_passed_over_and_named(void)
{
    split_groups(3);
    memcpy(given, ours, 8 * sizeof *given);
    given[1] = altered(&ours[1]);
    given[3] = altered(&ours[3]);
    CU_ASSERT(finds(8, 1 << 0 | 1 << 2 | 7 << 4 | 1 << 7, 1 << 1 | 1 << 3));
    given[4] = altered(&ours[4]);
    CU_ASSERT(find(8) == FAULT_SHARE_MISMATCH);
}

/* A group of one has no digest: that of the groups tells. */
/* Named though its group was not needed: the group is complete, and no quorum with it holds together. */
static void test_a_bad_member_of_a_group_that_was_not_needed_is_not_blamed(void)
{
    struct slip39_plan plan = three_groups(2);
    UNIT_NEED(split(&plan, secret, given) == 8);
    given[4] = altered(&given[4]); /* of 3 of 4 */
    UNIT_NEED(find(8) == FAULT_NONE);
    CU_ASSERT((found.used >> 4 & 1) == 0 && found.false_ones == (uint64_t)1 << 4);
}

/* Fifteen members with two values each, and one that never comes: choosing ends all the same. */
static void test_choosing_without_a_quorum_ends(void)
{
    split_ours(16, 16);
    for (size_t i = 0; i < 15; i++)
        for (size_t j = 0; j < 4; j++) {
            given[4 * i + j] = ours[i];
            given[4 * i + j].value[0] ^= (uint8_t)j;
        }
    CU_ASSERT(find(60) == FAULT_SHARE_TOO_FEW);
}

static void test_a_group_that_holds_a_bad_share_is_passed_over(void)
{
    split_groups(2);
    memcpy(given, ours, 8 * sizeof *given);
    given[7] = altered(&ours[7]);
    CU_ASSERT(finds(8, 3 | 7 << 3, 1 << 7));
    split_groups(3);
    memcpy(given, ours, 8 * sizeof *given);
    given[7] = altered(&ours[7]);
    CU_ASSERT(find(8) == FAULT_SHARE_MISMATCH);
    given[8] = ours[7];
    CU_ASSERT(finds(9, 1 << 0 | 1 << 1 | 7 << 3 | 1 << 8, 1 << 7));
}

static void test_a_share_with_another_threshold_is_passed_over(void)
{
    split_groups(2);
    given[0] = ours[0];
    given[1] = ours[1];
    given[1].member_threshold = 3;
    given[2] = ours[2];
    given[3] = ours[7];
    CU_ASSERT(find(4) == FAULT_NONE && found.used == (1 << 0 | 1 << 2 | 1 << 3));
    CU_ASSERT(find(2) == FAULT_SHARE_TOO_FEW);
}

/* -- every quorum -- */

struct visits {
    unsigned count, enough;
    uint64_t masks[600];
};

static bool note(const struct slip39_share *shares, size_t count, uint64_t mask, void *context)
{
    struct visits *visits = context;
    size_t at = 0;
    CU_ASSERT((size_t)__builtin_popcountll(mask) == count);
    for (unsigned i = 0; i < QUORUM_SHARES_MAX; i++)
        if (mask >> i & 1)
            CU_ASSERT(memcmp(&shares[at++], &given[i], sizeof *given) == 0);
    if (visits->count < UNIT_COUNT(visits->masks))
        visits->masks[visits->count] = mask;
    return ++visits->count == visits->enough;
}

static unsigned visit(size_t count, unsigned enough)
{
    static struct visits visits;
    enum fault fault = FAULT_CRYPTO;
    visits = (struct visits){ .enough = enough };
    bool stopped = quorum_each(given, count, note, &visits, &fault);
    CU_ASSERT(fault == FAULT_NONE && stopped == (enough != 0 && visits.count == enough));
    for (unsigned i = 0; i < visits.count; i++)
        for (unsigned j = 0; j < i; j++)
            CU_ASSERT(visits.masks[i] != visits.masks[j]);
    return visits.count;
}

static void test_each_smallest_quorum_is_visited_once(void)
{
    split_ours(3, 5);
    memcpy(given, ours, 5 * sizeof *given);
    CU_ASSERT(visit(5, 0) == 10 && visit(4, 0) == 4 && visit(3, 0) == 1 && visit(2, 0) == 0 && visit(0, 0) == 0);
    split_ours(5, 11);
    memcpy(given, ours, 11 * sizeof *given);
    CU_ASSERT(visit(11, 0) == 462 && visit(11, 1) == 1 && visit(11, 77) == 77);
}

/* 3 pairs, 4 triples, one: 3 x 4 + 3 x 1 + 4 x 1 ways for two groups, 3 x 4 x 1 for three. */
static void test_each_smallest_quorum_of_groups_is_visited_once(void)
{
    split_groups(2);
    memcpy(given, ours, 8 * sizeof *given);
    CU_ASSERT(visit(8, 0) == 19);
    split_groups(3);
    memcpy(given, ours, 8 * sizeof *given);
    CU_ASSERT(visit(8, 0) == 12);
    split_groups(1);
    memcpy(given, ours, 8 * sizeof *given);
    CU_ASSERT(visit(8, 0) == 8);
}

static void test_quorums_of_two_sets_do_not_mix(void)
{
    split_ours(2, 3);
    split_foreign(2, 2, 4);
    memcpy(given, ours, 3 * sizeof *given);
    memcpy(given + 3, foreign, 4 * sizeof *given);
    CU_ASSERT(visit(7, 0) == 3 + 6);
}

static bool count_on(const struct slip39_share *shares, size_t count, uint64_t mask, void *context)
{
    (void)shares;
    (void)count;
    (void)mask;
    ++*(unsigned *)context;
    return false;
}

/* 64 shares that could be of one set: four values for each of sixteen members. */
static void test_no_more_quorums_than_the_bound_are_visited(void)
{
    unsigned count = 0;
    enum fault fault = FAULT_NONE;
    split_ours(4, 16);
    for (unsigned i = 0; i < QUORUM_SHARES_MAX; i++) {
        given[i] = ours[i % 16];
        given[i].value[0] = (uint8_t)i;
    }
    CU_ASSERT(!quorum_each(given, QUORUM_SHARES_MAX, count_on, &count, &fault) && fault == FAULT_NONE);
    CU_ASSERT(count == QUORUM_TRIES_MAX);
    count = 0;
    CU_ASSERT(!quorum_each(given, QUORUM_SHARES_MAX + 1, count_on, &count, &fault) && fault == FAULT_MEMORY);
    CU_ASSERT(count == 0);
}

/* -- how far a set is -- */

static void test_what_is_missing_of_one_group_is_counted(void)
{
    split_ours(3, 5);
    split_foreign(2, 4, 5);
    memcpy(given, ours, 5 * sizeof *given);
    CU_ASSERT(quorum_missing(given, 1, 0) == 2 && quorum_missing(given, 2, 1) == 1);
    CU_ASSERT(quorum_missing(given, 3, 2) == 0 && quorum_missing(given, 5, 0) == 0);
    given[1] = altered(&ours[0]);
    given[2] = ours[0];
    given[3] = foreign[0];
    CU_ASSERT(quorum_missing(given, 4, 0) == 2 && quorum_missing(given, 4, 3) == 3);
}

static void test_missing_takes_the_cheapest_groups(void)
{
    split_groups(2);
    given[0] = ours[3];
    CU_ASSERT(quorum_missing(given, 1, 0) == 2);
    given[1] = ours[4];
    CU_ASSERT(quorum_missing(given, 2, 0) == 2);
    given[2] = ours[7];
    CU_ASSERT(quorum_missing(given, 3, 0) == 1);
    given[3] = ours[0];
    CU_ASSERT(quorum_missing(given, 4, 0) == 1);
    given[4] = ours[2];
    CU_ASSERT(quorum_missing(given, 5, 0) == 0);
    split_groups(3);
    given[0] = ours[7];
    CU_ASSERT(quorum_missing(given, 1, 0) == 2);
    given[1] = ours[0];
    CU_ASSERT(quorum_missing(given, 2, 0) == 2);
    given[2] = ours[3];
    CU_ASSERT(quorum_missing(given, 3, 0) == 3);
    split_groups(1);
    given[0] = ours[3];
    given[1] = ours[0];
    CU_ASSERT(quorum_missing(given, 2, 0) == 1);
}

/* It never says more than what is really wanted, and says 0 where a quorum is there. */
static void test_missing_is_zero_where_a_quorum_is(void)
{
    for (uint8_t threshold = 1; threshold <= 3; threshold++) {
        split_groups(threshold);
        for (unsigned mask = 1; mask < 256; mask++) {
            size_t count = 0;
            for (unsigned i = 0; i < 8; i++)
                if (mask >> i & 1)
                    given[count++] = ours[i];
            CU_ASSERT((quorum_missing(given, count, 0) == 0) == (visit(count, 1) == 1));
        }
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_good_shares_give_the_kek_in_any_order),
        UNIT_TEST(test_more_shares_than_are_needed_give_the_kek),
        UNIT_TEST(test_good_shares_are_found_among_bad_ones_of_the_same_set),
        UNIT_TEST(test_good_shares_are_found_among_those_of_other_sets),
        UNIT_TEST(test_shares_of_two_sets_of_one_kek_are_not_mixed),
        UNIT_TEST(test_shares_are_found_beside_another_set_with_the_same_id),
        UNIT_TEST(test_the_right_one_of_two_shares_of_one_member_is_found),
        UNIT_TEST(test_the_same_share_twice_counts_once),
        UNIT_TEST(test_too_few_shares_are_told_as_too_few),
        UNIT_TEST(test_a_complete_set_with_a_false_share_is_a_mismatch),
        UNIT_TEST(test_a_complete_set_of_another_kek_is_a_mismatch_of_the_kek),
        UNIT_TEST(test_a_set_that_holds_together_and_is_no_kek_is_refused),
        UNIT_TEST(test_more_shares_than_fit_are_refused),
        UNIT_TEST(test_as_many_groups_as_are_needed),
        UNIT_TEST(test_a_bad_member_of_a_group_is_passed_over_and_named),
        UNIT_TEST(test_a_bad_member_of_a_group_that_was_not_needed_is_not_blamed),
        UNIT_TEST(test_choosing_without_a_quorum_ends),
        UNIT_TEST(test_a_group_that_holds_a_bad_share_is_passed_over),
        UNIT_TEST(test_a_share_with_another_threshold_is_passed_over),
        UNIT_TEST(test_each_smallest_quorum_is_visited_once),
        UNIT_TEST(test_each_smallest_quorum_of_groups_is_visited_once),
        UNIT_TEST(test_quorums_of_two_sets_do_not_mix),
        UNIT_TEST(test_no_more_quorums_than_the_bound_are_visited),
        UNIT_TEST(test_what_is_missing_of_one_group_is_counted),
        UNIT_TEST(test_missing_takes_the_cheapest_groups),
        UNIT_TEST(test_missing_is_zero_where_a_quorum_is),
    };
    return prepare() ? UNIT_RUN("quorum", tests) : 1;
}
