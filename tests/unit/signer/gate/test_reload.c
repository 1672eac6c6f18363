/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/reload.h"

#include "tests/unit/signer/gate/fake_workers.h"

static struct grant grants[GRANTS_MAX + 1];

static bool combines(size_t length, struct roles *out)
{
    return reload_combine(&fake_setup.roles, (const uint8_t *)grants, length, out);
}

static void test_the_grants_of_the_file_are_added_to_those_of_the_command_line(void)
{
    static struct roles out;
    const struct grant base = { .id = 1, .roles = ROLE_ADMIN };
    fake_setup.roles = (struct roles){ .self = 5 };
    CU_ASSERT(roles_add(&fake_setup.roles, &base));
    grants[0] = (struct grant){ .id = 2, .roles = ROLE_SIGN };
    CU_ASSERT(combines(sizeof *grants, &out) && out.count == 2 && out.self == 5);
    CU_ASSERT(out.grants[0].id == 1 && out.grants[1].id == 2);
    CU_ASSERT(combines(0, &out) && out.count == 1);
}

static void test_what_is_no_whole_list_of_grants_is_refused(void)
{
    static struct roles out;
    fake_setup.roles = (struct roles){ 0 };
    memset(grants, 0, sizeof grants);
    CU_ASSERT(combines(GRANTS_MAX * sizeof *grants, &out) && out.count == GRANTS_MAX);
    CU_ASSERT(!combines((GRANTS_MAX + 1) * sizeof *grants, &out) && !combines(sizeof *grants - 1, &out));
    memset(grants[0].patterns, 'x', sizeof grants[0].patterns);
    CU_ASSERT(!combines(sizeof *grants, &out));
}

static void test_a_signal_without_a_file_asks_nobody(void)
{
    fake_open(1);
    reload_begin(&gate);
    CU_ASSERT(!gate.rereading && fake_is_quiet());
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_grants_of_the_file_are_added_to_those_of_the_command_line),
        UNIT_TEST(test_what_is_no_whole_list_of_grants_is_refused),
        UNIT_TEST(test_a_signal_without_a_file_asks_nobody),
    };
    return UNIT_RUN("reload", tests);
}
