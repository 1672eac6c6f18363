/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/known_sets.h"

#include "keystore/format/bytes.h"
#include "tests/unit/unit.h"

static uint8_t text[SHARE_SET_FILE_MAX];

/* A set of two shares of the KEK whose id ends in `kek`. */
static struct share_set make(uint8_t kek, unsigned generation, uint16_t set, bool verified)
{
    static struct share_set made;
    made = (struct share_set){ .kek.bytes = { [7] = kek },
                               .set = set,
                               .generation = generation,
                               .made = 1767225600,
                               .opened = verified ? 1767225700 : 0,
                               .group_threshold = 1,
                               .group_count = 1,
                               .groups[0] = { 2, 2 },
                               .count = 2 };
    for (uint8_t i = 0; i < 2; i++)
        made.holders[i] = (struct share_holder){
            .group = 1, .member = (uint8_t)(i + 1), .fingerprint = { i }, .verified = verified ? 1767225650 : 0
        };
    return made;
}

static bool add(struct known_sets *known, uint8_t kek, unsigned generation, uint16_t set, bool verified)
{
    const struct share_set made = make(kek, generation, set, verified);
    size_t length = share_set_encode(&made, text, sizeof text);
    return length > 0 && known_sets_add(known, text, length) == FAULT_NONE;
}

static void test_generations_are_of_one_kek(void)
{
    struct known_sets known = { 0 };
    UNIT_NEED(add(&known, 1, 1, 0x10, true) && add(&known, 1, 2, 0x11, false) && add(&known, 2, 7, 0x12, true));
    const struct kek_id one = { { [7] = 1 } }, none = { { 9 } };
    CU_ASSERT(known_sets_newest(&known, &one) == 2 && known_sets_verified(&known, &one) == 1);
    CU_ASSERT(known_sets_newest(&known, &none) == 0 && known_sets_verified(&known, &none) == 0);
    CU_ASSERT(known_sets_has_id(&known, 0x12) && !known_sets_has_id(&known, 0x13));
    known_sets_free(&known);
    CU_ASSERT(known.count == 0 && known.sets == NULL);
}

static void test_a_set_is_superseded_by_a_verified_one_alone(void)
{
    struct known_sets known = { 0 };
    UNIT_NEED(add(&known, 1, 1, 0x10, true) && add(&known, 1, 2, 0x11, false));
    CU_ASSERT(!known_sets_superseded(&known, &known.sets[0]));
    UNIT_NEED(add(&known, 1, 3, 0x12, true));
    CU_ASSERT(known_sets_superseded(&known, &known.sets[0]) && known_sets_superseded(&known, &known.sets[1]));
    CU_ASSERT(!known_sets_superseded(&known, &known.sets[2]));
    known_sets_free(&known);
}

static void test_a_share_finds_its_set_by_its_first_words(void)
{
    struct known_sets known = { 0 };
    UNIT_NEED(add(&known, 1, 1, 0x10, true));
    struct slip39_share share = { .id = 0x10, .extendable = true };
    CU_ASSERT(known_sets_find(&known, &share) == &known.sets[0]);
    share.extendable = false;
    CU_ASSERT(known_sets_find(&known, &share) == NULL);
    share = (struct slip39_share){ .id = 0x10, .extendable = true, .exponent = 1 };
    CU_ASSERT(known_sets_find(&known, &share) == NULL);
    known_sets_free(&known);
}

static void test_a_file_that_is_no_record_adds_nothing(void)
{
    struct known_sets known = { 0 };
    UNIT_NEED(unit_write(unit_path("set"), "signer share set 1\n", 19, 0600));
    CU_ASSERT(known_sets_of_file(&known, unit_path("set")) == FAULT_RECORD_CORRUPT && known.count == 0);
    CU_ASSERT(known_sets_of_file(&known, unit_path("absent")) == FAULT_FILE_MISSING && known.count == 0);
    known_sets_free(&known);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_generations_are_of_one_kek),
        UNIT_TEST(test_a_set_is_superseded_by_a_verified_one_alone),
        UNIT_TEST(test_a_share_finds_its_set_by_its_first_words),
        UNIT_TEST(test_a_file_that_is_no_record_adds_nothing),
    };
    int result = unit_make_directory() ? UNIT_RUN("known_sets", tests) : 1;
    unit_remove_directory();
    return result;
}
