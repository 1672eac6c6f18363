/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/filter.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/unit/unit.h"

/* sandbox.every_call_as_the_table_says asks about all calls; here is how a filter comes to be. */
static void in_force(void)
{
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    bool good = filter_install(ROOM_STORE, SANDBOX_ENFORCE) == IN_FORCE && syscall(SYS_clone3, NULL, 0) == -1
        && errno == ENOSYS;
    syscall(SYS_exit_group, good ? 42 : 1);
}

static void killed(void)
{
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)filter_install(ROOM_STORE, SANDBOX_ENFORCE);
    (void)syscall(SYS_getuid);
}

static void test_a_call_outside_the_table_is_refused_or_kills(void)
{
    if (UNIT_ASAN)
        return; /* a sanitizer's own calls would die */
    CU_ASSERT(unit_exit_of(in_force) == 42);
    CU_ASSERT(unit_signal_of(killed) == SIGSYS);
}

/* Without no_new_privs, and without the right to do without, there is no filter, and it is said. */
static void not_there(void)
{
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        _exit(1);
    _exit(filter_install(ROOM_STORE, SANDBOX_ENFORCE) == NOT_IN_FORCE ? 42 : 1);
}

static void test_a_kernel_that_does_not_take_the_filter_is_told(void)
{
    CU_ASSERT(unit_exit_of(not_there) == 42);
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_a_call_outside_the_table_is_refused_or_kills),
                                              UNIT_TEST(test_a_kernel_that_does_not_take_the_filter_is_told) };
    return UNIT_RUN("filter", tests);
}
