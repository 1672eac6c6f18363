/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/refusals.h"

#include "tests/unit/captured_log.h"

static const uint64_t second = 1000000000;

static void refuse_many(void)
{
    struct refusals refusals = { 0 };
    for (int i = 0; i < 500; i++)
        refusals_note(&refusals, second, 1001, "ROLE_MISSING", "sign");
    refusals_note(&refusals, 2 * second, 1002, "UID_NOT_ALLOWED", "your uid");
    refusals_note(&refusals, 3 * second, 1002, "UID_NOT_ALLOWED", "your uid");
    _exit(0);
}

static void test_there_is_at_most_a_line_a_second_and_it_says_how_many_had_none(void)
{
    CU_ASSERT(captured_log(refuse_many) == 0);
    CU_ASSERT_STRING_EQUAL(
        captured_text,
        "signer: refused uid 1001: ROLE_MISSING: sign\n"
        "signer: refused uid 1002: UID_NOT_ALLOWED: your uid (and 499 more since the last such line)\n"
        "signer: refused uid 1002: UID_NOT_ALLOWED: your uid\n");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_there_is_at_most_a_line_a_second_and_it_says_how_many_had_none),
    };
    return UNIT_RUN("refusals", tests);
}
