/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/limits.h"

#include "tests/unit/unit.h"

static void test_a_limit_is_set_by_its_name(void)
{
    struct limits limits = limits_default();
    CU_ASSERT(limits.rate == 0 && limits.connections > limits.connections_per_uid);
    CU_ASSERT(limits_set(&limits, "rate=100") && limits.rate == 100);
    CU_ASSERT(limits_set(&limits, "idle-seconds=5") && limits.idle_s == 5);
    CU_ASSERT(limits_set(&limits, "connections=7") && limits.connections == 7);
    CU_ASSERT(limits_set(&limits, "connections-per-uid=6") && limits.connections_per_uid == 6);
}

static void test_a_limit_that_is_none_changes_nothing(void)
{
    static const char *const bad[] = { "",
                                       "=",
                                       "rate",
                                       "rate=",
                                       "rate=-1",
                                       "rate= 1",
                                       "rate=1x",
                                       "rate=1000001",
                                       "connections=0",
                                       "idle-seconds=0",
                                       "rat=1",
                                       "rates=1",
                                       "frame-seconds=99999999999999999999" };
    struct limits limits = limits_default(), before = limits;
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(!limits_set(&limits, bad[i]));
    CU_ASSERT(memcmp(&limits, &before, sizeof limits) == 0);
}

static void test_descriptors_bound_connections(void)
{
    struct limits limits = limits_default();
    limits_fit(&limits, 1 << 20);
    CU_ASSERT(limits.connections == limits_default().connections);
    limits_fit(&limits, 1024);
    CU_ASSERT(limits.connections == 960 && limits.connections_per_uid == 720);
    limits_fit(&limits, 10);
    CU_ASSERT(limits.connections == 64 && limits.connections_per_uid == 48);
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_a_limit_is_set_by_its_name),
                                              UNIT_TEST(test_a_limit_that_is_none_changes_nothing),
                                              UNIT_TEST(test_descriptors_bound_connections) };
    return UNIT_RUN("limits", tests);
}
