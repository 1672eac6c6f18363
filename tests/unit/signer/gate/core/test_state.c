/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/state.h"

#include "tests/unit/unit.h"

static void test_a_connection_touched_twice_is_listed_once(void)
{
    struct gate gate = { .job_count = 0 };
    struct connection first = { .fd = -1 }, second = { .fd = -1 };
    state_touch(&gate, &first);
    state_touch(&gate, &second);
    state_touch(&gate, &first);
    CU_ASSERT(gate.touched == &second && second.next_touched == &first && first.next_touched == NULL);
    CU_ASSERT(!first.dead && !second.dead);
}

static void test_a_dropped_connection_is_dead_and_seen_to_in_this_turn(void)
{
    struct gate gate = { .job_count = 0 };
    struct connection connection = { .fd = -1 };
    state_drop(&gate, &connection);
    CU_ASSERT(connection.dead && gate.touched == &connection);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_connection_touched_twice_is_listed_once),
        UNIT_TEST(test_a_dropped_connection_is_dead_and_seen_to_in_this_turn),
    };
    return UNIT_RUN("state", tests);
}
