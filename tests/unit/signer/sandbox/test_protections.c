/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/protections.h"

#include "keystore/memory/arena.h"
#include "tests/unit/unit.h"

static const struct protections best = {
    .seccomp = IN_FORCE,
    .landlock = IN_FORCE,
    .landlock_abi = 6,
    .no_new_privs = 1,
    .uid = 1001,
    .memory = ARENA_SECRET,
    .arena_size = 4096 * 1024,
};

static struct protections weakened_by(struct protections room)
{
    struct protections all = best;
    protections_weaken(&all, &room);
    return all;
}

static void test_the_weaker_protection_of_two_rooms_counts(void)
{
    struct protections room = best;
    room.seccomp = ONLY_LOGGED;
    CU_ASSERT(weakened_by(room).seccomp == ONLY_LOGGED);
    room.seccomp = NOT_IN_FORCE;
    CU_ASSERT(weakened_by(room).seccomp == NOT_IN_FORCE);
    room = best;
    room.landlock_abi = 2;
    room.dumpable = 1;
    room.capabilities = 1;
    room.no_new_privs = 0;
    room.uid = 0;
    struct protections all = weakened_by(room);
    CU_ASSERT(all.landlock_abi == 2 && all.dumpable == 1 && all.capabilities == 1);
    CU_ASSERT(all.no_new_privs == 0 && all.uid == 0);
}

static void test_the_order_of_rooms_does_not_count(void)
{
    struct protections logged = best, nothing = best;
    logged.seccomp = ONLY_LOGGED;
    nothing.seccomp = NOT_IN_FORCE;
    protections_weaken(&logged, &nothing);
    CU_ASSERT(logged.seccomp == NOT_IN_FORCE);
    logged.seccomp = ONLY_LOGGED;
    protections_weaken(&nothing, &logged);
    CU_ASSERT(nothing.seccomp == NOT_IN_FORCE);
}

static void test_the_memory_told_is_that_of_rooms_that_have_some(void)
{
    struct protections store = best;
    store.memory = ARENA_NONE;
    store.arena_size = 0;
    CU_ASSERT(weakened_by(store).memory == ARENA_SECRET && weakened_by(store).arena_size == 4096 * 1024);
    protections_weaken(&store, &best);
    CU_ASSERT(store.memory == ARENA_SECRET && store.arena_size == 4096 * 1024);
    struct protections unlocked = best;
    unlocked.memory = ARENA_UNLOCKED;
    unlocked.arena_size = 1;
    CU_ASSERT(weakened_by(unlocked).memory == ARENA_UNLOCKED && weakened_by(unlocked).arena_size == 1);
}

static const char *value_of(const struct protections *protections, const char *name)
{
    static struct protection_label labels[PROTECTION_LABELS];
    protections_label(protections, labels);
    for (size_t i = 0; i < PROTECTION_LABELS; i++)
        if (strcmp(labels[i].name, name) == 0)
            return labels[i].value;
    return "";
}

static void test_every_protection_is_told_by_its_label(void)
{
    struct protections logged = best;
    logged.seccomp = logged.landlock = ONLY_LOGGED;
    logged.memory = ARENA_UNLOCKED;
    CU_ASSERT_STRING_EQUAL(value_of(&best, "seccomp"), "yes");
    CU_ASSERT_STRING_EQUAL(value_of(&best, "landlock"), "ABI 6");
    CU_ASSERT_STRING_EQUAL(value_of(&best, "key_memory"), "memfd_secret");
    CU_ASSERT_STRING_EQUAL(value_of(&best, "key_memory_size"), "4096 KiB");
    CU_ASSERT_STRING_EQUAL(value_of(&best, "uid"), "1001");
    CU_ASSERT_STRING_EQUAL(value_of(&logged, "seccomp"), "NOT enforced");
    CU_ASSERT_STRING_EQUAL(value_of(&logged, "landlock"), "NOT enforced");
    CU_ASSERT_STRING_EQUAL(value_of(&logged, "key_memory_locked"), "no");
}

static void test_the_line_is_whole(void)
{
    char line[PROTECTIONS_LINE];
    struct protections longest = best;
    longest.seccomp = longest.landlock = ONLY_LOGGED;
    longest.arena_size = longest.uid = UINT32_MAX;
    protections_line(&longest, line);
    CU_ASSERT(strstr(line, "seccomp=NOT enforced, landlock=NOT enforced, ") == line);
    CU_ASSERT(strstr(line, ", uid=4294967295") != NULL);
}

static const char *missing_of(struct protections protections, const char *name)
{
    uint32_t required = 0;
    CU_ASSERT(protections_require(&required, name));
    return protections_missing(&protections, required);
}

static void test_a_requirement_that_is_not_in_force_is_named(void)
{
    static const char *const names[] = { "seccomp", "landlock", "memfd_secret", "locked", "unprivileged" };
    const struct protections nothing = { .memory = ARENA_UNLOCKED };
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        CU_ASSERT(missing_of(best, names[i]) == NULL);
        const char *missing = missing_of(nothing, names[i]);
        CU_ASSERT(missing && strcmp(missing, names[i]) == 0);
    }
    struct protections logged = best;
    logged.seccomp = logged.landlock = ONLY_LOGGED;
    CU_ASSERT(missing_of(logged, "seccomp") != NULL && missing_of(logged, "landlock") != NULL);
    uint32_t required = 0;
    CU_ASSERT(!protections_require(&required, "magic") && !protections_require(&required, ""));
    CU_ASSERT(required == 0 && protections_missing(&nothing, 0) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_weaker_protection_of_two_rooms_counts),
        UNIT_TEST(test_the_order_of_rooms_does_not_count),
        UNIT_TEST(test_the_memory_told_is_that_of_rooms_that_have_some),
        UNIT_TEST(test_every_protection_is_told_by_its_label),
        UNIT_TEST(test_the_line_is_whole),
        UNIT_TEST(test_a_requirement_that_is_not_in_force_is_named),
    };
    return UNIT_RUN("protections", tests);
}
