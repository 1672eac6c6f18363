/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/unsealing.h"

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum { SHARES = 5, THRESHOLD = 3 };

static struct slip39_share shares[SHARES];
static struct header header;
static struct kek right, got;
static struct unseal_state state;
static bool opened;

static bool draw(uint8_t seed, struct kek *kek, struct slip39_share out[static SHARES], uint16_t id)
{
    struct slip39_plan plan = { .id = id, .group_threshold = 1, .group_count = 1, .groups = { { THRESHOLD, SHARES } } };
    uint8_t raw[KEK_SIZE];
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)(seed + i);
    return kek_from_bytes(raw, kek) == FAULT_NONE && slip39_split(&plan, raw, sizeof raw, out) == SHARES;
}

static bool prepare(void)
{
    static const uint8_t keystore_id[KEYSTORE_ID_SIZE] = { 9, 8, 7 };
    if (!arena_open(ARENA_MAX) || !secret_start() || !unsealing_start() || !draw(1, &right, shares, 77))
        return false;
    header_create(&header, keystore_id, &right, 1);
    return true;
}

static enum fault add_box(uint32_t uid, const struct unseal_content *content)
{
    uint8_t key[UNSEAL_KEY_SIZE], box[UNSEAL_BOX_SIZE];
    unsealing_public_key(key);
    unsealing_describe(&state);
    unseal_box_seal(content, header.keystore_id, state.challenge, key, box);
    enum fault fault = unsealing_add(&header, uid, box, sizeof box, &got, &opened);
    unsealing_describe(&state);
    return fault;
}

static enum fault add_share(uint32_t uid, const struct slip39_share *share)
{
    const struct unseal_content content = { .kind = UNSEAL_SHARE, .share = *share };
    return add_box(uid, &content);
}

/* Of a set that can never be whole here. */
static struct slip39_share alone(uint16_t id)
{
    return (struct slip39_share){ .id = id,
                                  .extendable = true,
                                  .group_threshold = 1,
                                  .group_count = 1,
                                  .member_threshold = 16,
                                  .length = SHAMIR_LENGTH_MAX,
                                  .value = { (uint8_t)id, 1 } };
}

static bool has_uid(uint32_t uid)
{
    for (size_t i = 0; i < state.count; i++)
        if (state.shares[i].uid == uid)
            return true;
    return false;
}

static void test_a_quorum_opens_and_nothing_is_left_of_it(void)
{
    unsealing_forget();
    CU_ASSERT(add_share(5, &shares[4]) == FAULT_NONE && !opened && state.count == 1 && state.missing == 2);
    CU_ASSERT(add_share(6, &shares[0]) == FAULT_NONE && !opened && state.count == 2 && state.missing == 1);
    CU_ASSERT(state.shares[0].member == 4 && state.shares[0].uid == 5 && state.shares[0].set == 77);
    uint8_t before[UNSEAL_CHALLENGE_SIZE];
    memcpy(before, state.challenge, sizeof before);
    CU_ASSERT(add_share(7, &shares[2]) == FAULT_NONE && opened && kek_id_equal(&got.id, &right.id));
    CU_ASSERT(state.count == 0 && memcmp(before, state.challenge, sizeof before) != 0);
    CU_ASSERT(state.last.member == 2 && state.last.uid == 7 && state.last_was_share);
    CU_ASSERT(unit_all(state.kek.bytes, KEK_ID_SIZE, 0));
}

static void test_a_share_given_twice_counts_once_and_belongs_to_the_latest(void)
{
    unsealing_forget();
    for (uint32_t uid = 0; uid < 40; uid++)
        CU_ASSERT(add_share(uid, &shares[1]) == FAULT_NONE && state.count == 1 && state.missing == 2);
    CU_ASSERT(state.shares[0].uid == 39);
}

static void test_an_altered_share_is_told_and_kept_beside_the_right_one(void)
{
    struct slip39_share altered = shares[2];
    altered.value[9] ^= 1;
    unsealing_forget();
    CU_ASSERT(add_share(1, &shares[0]) == FAULT_NONE && add_share(1, &shares[1]) == FAULT_NONE);
    CU_ASSERT(add_share(1, &altered) == FAULT_SHARE_MISMATCH && !opened && state.count == 3);
    CU_ASSERT(add_share(1, &shares[2]) == FAULT_NONE && opened && kek_id_equal(&got.id, &right.id));
}

static void test_a_whole_set_of_another_kek_is_a_mismatch(void)
{
    struct slip39_share foreign[SHARES];
    struct kek other;
    UNIT_NEED(draw(99, &other, foreign, 78));
    unsealing_forget();
    CU_ASSERT(add_share(1, &foreign[0]) == FAULT_NONE && add_share(1, &foreign[1]) == FAULT_NONE);
    CU_ASSERT(add_share(1, &foreign[2]) == FAULT_KEK_MISMATCH && !opened);
    CU_ASSERT(unit_all(got.key, KEK_SIZE, 0));
    (void)!add_share(1, &shares[0]);
    (void)!add_share(1, &shares[1]);
    CU_ASSERT(add_share(1, &shares[2]) == FAULT_NONE && opened && kek_id_equal(&got.id, &right.id));
}

static void test_a_uid_that_gives_too_many_crowds_out_only_its_own(void)
{
    unsealing_forget();
    CU_ASSERT(add_share(1, &shares[0]) == FAULT_NONE && add_share(2, &shares[1]) == FAULT_NONE);
    for (uint16_t id = 1000; id < 1100; id++) {
        const struct slip39_share share = alone(id);
        CU_ASSERT(add_share(66, &share) == FAULT_NONE && state.count <= UNSEAL_SHARES_MAX);
        CU_ASSERT(has_uid(1) && has_uid(2) && has_uid(66));
    }
    CU_ASSERT(state.count == UNSEAL_SHARES_MAX && state.missing == 1);
    CU_ASSERT(add_share(3, &shares[3]) == FAULT_NONE && opened);
}

static void test_a_whole_kek_opens_where_it_is_the_keystores(void)
{
    struct unseal_content content = { .kind = UNSEAL_KEK };
    unsealing_forget();
    memset(content.kek, 7, sizeof content.kek);
    CU_ASSERT(add_box(1, &content) == FAULT_KEK_MALFORMED && !opened && !state.last_was_share);
    content.kek[0] = 1;
    CU_ASSERT(add_box(1, &content) == FAULT_KEK_MISMATCH && !opened && unit_all(got.key, KEK_SIZE, 0));
    memcpy(content.kek, right.key, KEK_SIZE);
    CU_ASSERT(add_box(1, &content) == FAULT_NONE && opened && kek_id_equal(&got.id, &right.id));
}

static void test_a_box_is_worth_nothing_once_the_challenge_has_changed(void)
{
    const struct unseal_content content = { .kind = UNSEAL_SHARE, .share = shares[0] };
    uint8_t key[UNSEAL_KEY_SIZE], box[UNSEAL_BOX_SIZE];
    unsealing_forget();
    unsealing_public_key(key);
    unsealing_describe(&state);
    unseal_box_seal(&content, header.keystore_id, state.challenge, key, box);
    CU_ASSERT(unsealing_add(&header, 1, box, sizeof box, &got, &opened) == FAULT_NONE && !opened);
    CU_ASSERT(unsealing_add(&header, 1, box, sizeof box, &got, &opened) == FAULT_NONE && !opened);
    for (size_t length = 0; length < sizeof box; length++)
        CU_ASSERT(unsealing_add(&header, 1, box, length, &got, &opened) == FAULT_UNSEAL_BOX);
    unsealing_forget();
    CU_ASSERT(unsealing_add(&header, 1, box, sizeof box, &got, &opened) == FAULT_UNSEAL_BOX && !opened);
    unsealing_describe(&state);
    CU_ASSERT(state.count == 0 && state.missing == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_quorum_opens_and_nothing_is_left_of_it),
        UNIT_TEST(test_a_share_given_twice_counts_once_and_belongs_to_the_latest),
        UNIT_TEST(test_an_altered_share_is_told_and_kept_beside_the_right_one),
        UNIT_TEST(test_a_whole_set_of_another_kek_is_a_mismatch),
        UNIT_TEST(test_a_uid_that_gives_too_many_crowds_out_only_its_own),
        UNIT_TEST(test_a_whole_kek_opens_where_it_is_the_keystores),
        UNIT_TEST(test_a_box_is_worth_nothing_once_the_challenge_has_changed),
    };
    return prepare() ? UNIT_RUN("custody", tests) : 1;
}
