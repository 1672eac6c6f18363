/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/sandbox.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/unit/unit.h"

enum { SOMEBODY = 65534 };

static struct sandbox_terms terms(enum sandbox_mode mode)
{
    struct identity identity = { getuid(), getgid() };
    if (geteuid() == 0)
        identity = (struct identity){ SOMEBODY, SOMEBODY };
    return (struct sandbox_terms){ identity, mode };
}

/* The log mode asks the kernel questions that a filter would forbid. */
static void give_up_in(enum room room)
{
    struct sandbox_terms given = terms(SANDBOX_LOG);
    struct protections found;
    uid_t uid[3];
    gid_t gid[3];
    bool root = geteuid() == 0;
    int death = 0;
    CU_ASSERT(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
    sandbox_enter(room, &given, &found);
    CU_ASSERT(prctl(PR_GET_PDEATHSIG, &death) == 0 && death == SIGUSR1);
    CU_ASSERT(getresuid(&uid[0], &uid[1], &uid[2]) == 0 && getresgid(&gid[0], &gid[1], &gid[2]) == 0);
    for (int i = 0; i < 3; i++)
        CU_ASSERT(uid[i] == given.identity.uid && gid[i] == given.identity.gid);
    CU_ASSERT(!root || (getgroups(0, NULL) == 0 && setuid(0) != 0 && setgid(0) != 0));
    CU_ASSERT(prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CU_ASSERT(found.uid == given.identity.uid && !found.dumpable && found.no_new_privs && !found.capabilities
              && found.seccomp == ONLY_LOGGED && found.landlock != IN_FORCE);
}

static void gate(void)
{
    give_up_in(ROOM_GATE);
}

static void vault(void)
{
    give_up_in(ROOM_VAULT);
}

static void test_a_sandboxed_process_has_lost_its_rights(void)
{
    unit_child(gate);
    unit_child(vault);
}

/* The ends of a room are watched from a process that is none. */
static void enforced(void)
{
    struct sandbox_terms given = terms(SANDBOX_ENFORCE);
    struct protections found;
    sandbox_enter(ROOM_VAULT, &given, &found);
    syscall(SYS_exit_group, found.seccomp == IN_FORCE ? 42 : 1);
}

static void forbidden(void)
{
    struct sandbox_terms given = terms(SANDBOX_ENFORCE);
    struct protections found;
    sandbox_enter(ROOM_VAULT, &given, &found);
    (void)syscall(SYS_getuid);
}

static void test_a_sandboxed_process_has_its_filter_in_force(void)
{
    if (UNIT_ASAN)
        return; /* a sanitizer's own calls would die */
    CU_ASSERT(unit_exit_of(enforced) == 42);
    CU_ASSERT(unit_signal_of(forbidden) == SIGSYS);
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_a_sandboxed_process_has_lost_its_rights),
                                              UNIT_TEST(test_a_sandboxed_process_has_its_filter_in_force) };
    return UNIT_RUN("sandbox", tests);
}
