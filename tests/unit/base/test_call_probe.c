/* SPDX-License-Identifier: Apache-2.0 */
#include "base/call_probe.h"

#include <errno.h>
#include <seccomp.h>

#include "tests/unit/unit.h"

struct rule {
    int call;
    uint32_t action;
};

/* In a child with a filter: whether the probe finds exactly these. */
static bool finds(const struct rule *rules, size_t count, bool signer, const char *fatal, const char *denied)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        struct call_probe found;
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        for (size_t i = 0; filter && i < count; i++)
            if (seccomp_rule_add(filter, rules[i].action, rules[i].call, 0) != 0)
                _exit(2);
        if (!filter || seccomp_load(filter) != 0)
            _exit(2);
        call_probe_all(signer, &found);
        _exit(strcmp(found.fatal, fatal) == 0 && strcmp(found.denied, denied) == 0 ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void test_without_a_filter_nothing_is_found(void)
{
    struct call_probe found;
    call_probe_all(true, &found);
    CU_ASSERT(strcmp(found.fatal, "") == 0 && strcmp(found.denied, "") == 0);
}

static void test_calls_that_kill_are_found(void)
{
    const struct rule rules[] = { { SCMP_SYS(mlock), SCMP_ACT_KILL_PROCESS },
                                  { SCMP_SYS(memfd_secret), SCMP_ACT_KILL_PROCESS } };
    CU_ASSERT(finds(rules, 2, true, "memfd_secret, mlock", ""));
}

static void test_a_denied_call_is_fatal_only_where_it_is_needed(void)
{
    const struct rule rules[] = { { SCMP_SYS(memfd_secret), SCMP_ACT_ERRNO(EPERM) },
                                  { SCMP_SYS(renameat2), SCMP_ACT_ERRNO(EPERM) },
                                  { SCMP_SYS(mlock), SCMP_ACT_ERRNO(EPERM) } };
    CU_ASSERT(finds(rules, 3, false, "renameat2", "memfd_secret"));
}

static void test_calls_of_a_signer_matter_to_its_verbs_alone(void)
{
    const struct rule rule = { SCMP_SYS(landlock_create_ruleset), SCMP_ACT_KILL_PROCESS };
    CU_ASSERT(finds(&rule, 1, true, "landlock_create_ruleset", ""));
    CU_ASSERT(finds(&rule, 1, false, "", ""));
}

static void test_an_older_kernel_is_no_filter(void)
{
    const struct rule rules[] = { { SCMP_SYS(memfd_secret), SCMP_ACT_ERRNO(ENOSYS) },
                                  { SCMP_SYS(landlock_create_ruleset), SCMP_ACT_ERRNO(ENOSYS) } };
    CU_ASSERT(finds(rules, 2, true, "", ""));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_without_a_filter_nothing_is_found),
        UNIT_TEST(test_calls_that_kill_are_found),
        UNIT_TEST(test_a_denied_call_is_fatal_only_where_it_is_needed),
        UNIT_TEST(test_calls_of_a_signer_matter_to_its_verbs_alone),
        UNIT_TEST(test_an_older_kernel_is_no_filter),
    };
    return UNIT_RUN("call_probe", tests);
}
