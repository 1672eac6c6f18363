/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/status.h"

#include "tests/unit/unit.h"

/* The names and numbers of signer.proto. */
static void test_every_status_has_its_name(void)
{
    static const char *const names[] = { "OK",
                                         "INVALID_ARGUMENT",
                                         "NOT_FOUND",
                                         "ALREADY_EXISTS",
                                         "PERMISSION_DENIED",
                                         "FAILED_PRECONDITION",
                                         "RESOURCE_EXHAUSTED",
                                         "DEADLINE_EXCEEDED",
                                         "UNAVAILABLE",
                                         "INTERNAL" };
    CU_ASSERT(UNIT_COUNT(names) == STATUS_COUNT);
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        CU_ASSERT_STRING_EQUAL(status_name((int)i), names[i]);
}

static void test_a_number_that_is_no_status_is_unknown(void)
{
    CU_ASSERT_STRING_EQUAL(status_name(STATUS_COUNT), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(status_name(-1), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(status_name(1 << 30), "UNKNOWN");
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_every_status_has_its_name),
                                              UNIT_TEST(test_a_number_that_is_no_status_is_unknown) };
    return UNIT_RUN("status", tests);
}
