/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/room.h"

#include "tests/unit/unit.h"

static void test_every_room_has_its_name(void)
{
    CU_ASSERT_STRING_EQUAL(room_name(ROOM_GATE), "gate");
    CU_ASSERT_STRING_EQUAL(room_name(ROOM_STORE), "store");
    CU_ASSERT_STRING_EQUAL(room_name(ROOM_VAULT), "vault");
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_every_room_has_its_name) };
    return UNIT_RUN("room", tests);
}
