/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/damage.h"

#include "tests/unit/captured_log.h"
#include "tests/unit/unit.h"

static struct damage damage;
static struct key_id ca, web;

static void begin(void)
{
    damage = (struct damage){ 0 };
    CU_ASSERT(key_id_from_text("ca", &ca) && key_id_from_text("web", &web));
}

static size_t kind_of(enum fault fault)
{
    size_t kind = 0;
    while (kind < DAMAGE_KINDS && damage_fault(kind) != fault)
        kind++;
    return kind;
}

static void note(const struct key_id *id, enum fault fault)
{
    damage_note(&damage, id, fault, 1000, "the sentence");
}

static void note_many_times(void)
{
    for (int i = 0; i < 120; i++)
        note(&ca, FAULT_KEY_CORRUPT);
    note(&web, FAULT_KEY_CORRUPT);
    note(&ca, FAULT_FILE_MODE);
    _exit(damage.counts[kind_of(FAULT_KEY_CORRUPT)] == 121 ? 0 : 1);
}

static void test_it_is_logged_once_for_each_key_and_cause_and_repetition_is_counted(void)
{
    begin();
    CU_ASSERT(captured_log(note_many_times) == 0);
    CU_ASSERT_STRING_EQUAL(captured_text,
                           "signer: KEY_CORRUPT: uid 1000 was refused: the sentence\n"
                           "signer: KEY_CORRUPT: 10 times by now: uid 1000 was refused: the sentence\n"
                           "signer: KEY_CORRUPT: 100 times by now: uid 1000 was refused: the sentence\n"
                           "signer: KEY_CORRUPT: uid 1000 was refused: the sentence\n"
                           "signer: FILE_MODE: uid 1000 was refused: the sentence\n");
}

static void note_what_clients_did(void)
{
    static const enum fault own[] = { FAULT_NONE,          FAULT_KEY_UNKNOWN, FAULT_KEY_EXISTS, FAULT_KEY_ID,
                                      FAULT_POLICY_SCHEME, FAULT_ALGORITHM,   FAULT_SEALED,     FAULT_STORE_BUSY };
    for (size_t i = 0; i < UNIT_COUNT(own); i++)
        note(&ca, own[i]);
    _exit(damage.count == 0 ? 0 : 1);
}

static void test_what_a_client_did_wrong_is_no_damage(void)
{
    begin();
    CU_ASSERT(captured_log(note_what_clients_did) == 0 && captured_text[0] == '\0');
}

static void test_it_is_a_problem_until_the_key_works_again(void)
{
    begin();
    note(&ca, FAULT_KEY_TAMPERED);
    note(&web, FAULT_KEY_TAMPERED);
    CU_ASSERT(damage_of(&damage, &ca) == FAULT_KEY_TAMPERED && damage_has(&damage, FAULT_KEY_TAMPERED));
    damage_clear(&damage, &ca);
    CU_ASSERT(damage_of(&damage, &ca) == FAULT_NONE && damage_has(&damage, FAULT_KEY_TAMPERED));
    damage_clear(&damage, &web);
    CU_ASSERT(!damage_has(&damage, FAULT_KEY_TAMPERED) && damage.counts[kind_of(FAULT_KEY_TAMPERED)] == 2);
}

static void test_a_key_that_opens_does_not_mend_its_certificate(void)
{
    begin();
    note(&ca, FAULT_KEY_CORRUPT);
    note(&ca, FAULT_CERTIFICATE_OTHER_KEY);
    damage_clear_key(&damage, &ca);
    CU_ASSERT(!damage_has(&damage, FAULT_KEY_CORRUPT) && damage_has(&damage, FAULT_CERTIFICATE_OTHER_KEY));
    damage_clear(&damage, &ca);
    CU_ASSERT(!damage_has(&damage, FAULT_CERTIFICATE_OTHER_KEY));
}

static void test_a_full_store_is_a_problem_of_no_key_until_something_is_written(void)
{
    begin();
    note(&ca, FAULT_STORE_FULL);
    note(&web, FAULT_STORE_UNSYNCED);
    damage_clear(&damage, &ca);
    CU_ASSERT(damage_of(&damage, &ca) == FAULT_NONE && damage_has(&damage, FAULT_STORE_FULL));
    damage_clear_store(&damage);
    CU_ASSERT(!damage_has(&damage, FAULT_STORE_FULL) && damage_has(&damage, FAULT_STORE_UNSYNCED));
}

/* More damaged keys than are remembered: the oldest are forgotten, nothing else breaks. */
static void test_what_is_remembered_is_bounded(void)
{
    struct key_id id;
    char text[32];
    begin();
    for (unsigned i = 0; i < 3 * DAMAGE_REMEMBERED; i++) {
        snprintf(text, sizeof text, "k%u", i);
        CU_ASSERT_FATAL(key_id_from_text(text, &id));
        note(&id, FAULT_KEY_LOST);
        CU_ASSERT(damage_of(&damage, &id) == FAULT_KEY_LOST);
    }
    CU_ASSERT(damage.count == DAMAGE_REMEMBERED);
    CU_ASSERT(damage.counts[kind_of(FAULT_KEY_LOST)] == 3 * DAMAGE_REMEMBERED);
}

static void test_every_kind_has_a_counter_of_its_own(void)
{
    for (size_t i = 0; i < DAMAGE_KINDS; i++)
        for (size_t j = 0; j <= i; j++)
            CU_ASSERT((strcmp(damage_counter(i), damage_counter(j)) == 0) == (i == j)
                      && (damage_fault(i) == damage_fault(j)) == (i == j));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_it_is_logged_once_for_each_key_and_cause_and_repetition_is_counted),
        UNIT_TEST(test_what_a_client_did_wrong_is_no_damage),
        UNIT_TEST(test_it_is_a_problem_until_the_key_works_again),
        UNIT_TEST(test_a_key_that_opens_does_not_mend_its_certificate),
        UNIT_TEST(test_a_full_store_is_a_problem_of_no_key_until_something_is_written),
        UNIT_TEST(test_what_is_remembered_is_bounded),
        UNIT_TEST(test_every_kind_has_a_counter_of_its_own),
    };
    return UNIT_RUN("damage", tests);
}
