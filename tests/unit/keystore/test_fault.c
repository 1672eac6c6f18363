/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/fault.h"

#include <errno.h>

#include "tests/unit/unit.h"

static void test_names_are_upper_case(void)
{
    for (int i = 0; i < FAULT_COUNT; i++) {
        const char *name = fault_name((enum fault)i);
        UNIT_NEED(name != NULL && *name != '\0');
        CU_ASSERT(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(name));
        CU_ASSERT(strlen(name) <= 32); /* REASON_MAX: they cross the wire */
    }
}

static void test_every_fault_is_told_apart(void)
{
    for (int i = 0; i < FAULT_COUNT; i++) {
        UNIT_NEED(fault_advice((enum fault)i) != NULL && *fault_advice((enum fault)i) != '\0');
        for (int j = 0; j < i; j++) {
            CU_ASSERT(strcmp(fault_name((enum fault)i), fault_name((enum fault)j)) != 0);
            CU_ASSERT(strcmp(fault_advice((enum fault)i), fault_advice((enum fault)j)) != 0);
        }
    }
}

static void test_a_number_outside_the_list_has_a_name_and_advice_all_the_same(void)
{
    CU_ASSERT_STRING_EQUAL(fault_name(FAULT_COUNT), "INTERNAL");
    CU_ASSERT_STRING_EQUAL(fault_name((enum fault) - 1), "INTERNAL");
    CU_ASSERT(fault_advice(FAULT_COUNT) != NULL && fault_advice((enum fault) - 1) != NULL);
}

static void test_names_that_scripts_rely_on_have_not_changed(void)
{
    CU_ASSERT_STRING_EQUAL(fault_name(FAULT_KEY_CORRUPT), "KEY_CORRUPT");
    CU_ASSERT_STRING_EQUAL(fault_name(FAULT_KEK_MISMATCH), "KEK_MISMATCH");
    CU_ASSERT_STRING_EQUAL(fault_name(FAULT_KEY_ID), "KEY_ID_INVALID");
    CU_ASSERT_STRING_EQUAL(fault_name(FAULT_ALGORITHM), "ALGORITHM_UNSUPPORTED");
    CU_ASSERT_STRING_EQUAL(fault_name(FAULT_STORE_UNSYNCED), "STORE_UNSYNCED");
}

static void test_a_failed_write_is_named_by_its_cause(void)
{
    static const struct {
        int why;
        enum fault fault;
    } rows[] = { { ENOSPC, FAULT_STORE_FULL },     { EDQUOT, FAULT_STORE_FULL }, { EFBIG, FAULT_STORE_FULL },
                 { EROFS, FAULT_STORE_READ_ONLY }, { EIO, FAULT_STORE_IO },      { EACCES, FAULT_STORE_IO } };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        errno = rows[i].why;
        CU_ASSERT(fault_of_errno() == rows[i].fault);
    }
}

static void test_a_sentence_begins_with_its_subject_and_is_cut_to_fit(void)
{
    char whole[512], cut[12];
    memset(cut, 'x', sizeof cut);
    fault_sentence(whole, sizeof whole, FAULT_FILE_MISSING, "keys/a.key");
    CU_ASSERT_STRING_EQUAL(whole, "keys/a.key: there is no such file");
    fault_sentence(cut, sizeof cut - 1, FAULT_FILE_MISSING, "keys/a.key");
    CU_ASSERT_STRING_EQUAL(cut, "keys/a.key");
    CU_ASSERT(cut[11] == 'x');
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_names_are_upper_case),
        UNIT_TEST(test_every_fault_is_told_apart),
        UNIT_TEST(test_a_number_outside_the_list_has_a_name_and_advice_all_the_same),
        UNIT_TEST(test_names_that_scripts_rely_on_have_not_changed),
        UNIT_TEST(test_a_failed_write_is_named_by_its_cause),
        UNIT_TEST(test_a_sentence_begins_with_its_subject_and_is_cut_to_fit),
    };
    return UNIT_RUN("fault", tests);
}
