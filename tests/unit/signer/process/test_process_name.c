/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/process_name.h"

#include <sys/prctl.h>

#include "tests/unit/unit.h"

static void expect(const char *name, const char *wanted)
{
    char found[16] = "";
    process_name_set(name);
    CU_ASSERT(prctl(PR_GET_NAME, found, 0, 0, 0) == 0);
    CU_ASSERT_STRING_EQUAL(found, wanted);
}

static void test_a_process_bears_the_name_of_its_room(void)
{
    expect("gate", "signer: gate");
    expect("vault 0", "signer: vault 0");
    expect("a name that is too long", "signer: a name ");
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_a_process_bears_the_name_of_its_room) };
    return UNIT_RUN("process_name", tests);
}
