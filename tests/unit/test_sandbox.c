#include "signer/sandbox.h"

#include <grp.h>
#include <sys/prctl.h>

#include "tests/unit/unit.h"

enum { SOMEBODY = 65534 };

static struct identity wanted(void)
{
    return geteuid() == 0 ? (struct identity){ SOMEBODY, SOMEBODY }
                          : (struct identity){ getuid(), getgid() };
}

static void give_up_in(enum room room)
{
    struct identity identity = wanted();
    uid_t uid[3];
    gid_t gid[3];
    bool root = geteuid() == 0;
    sandbox_enter(room, &identity);
    CU_ASSERT(getresuid(&uid[0], &uid[1], &uid[2]) == 0
              && getresgid(&gid[0], &gid[1], &gid[2]) == 0);
    for (int i = 0; i < 3; i++)
        CU_ASSERT(uid[i] == identity.uid && gid[i] == identity.gid);
    CU_ASSERT(!root || (getgroups(0, NULL) == 0 && setuid(0) != 0 && setgid(0) != 0));
    CU_ASSERT(prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

static void gate(void)
{
    give_up_in(ROOM_GATE);
}

static void store(void)
{
    give_up_in(ROOM_STORE);
}

static void vault(void)
{
    give_up_in(ROOM_VAULT);
}

static void test_rights_are_gone(void)
{
    unit_child(gate);
    unit_child(store);
    unit_child(vault);
}

static void test_names(void)
{
    CU_ASSERT_STRING_EQUAL(sandbox_room_name(ROOM_GATE), "gate");
    CU_ASSERT_STRING_EQUAL(sandbox_room_name(ROOM_STORE), "store");
    CU_ASSERT_STRING_EQUAL(sandbox_room_name(ROOM_VAULT), "vault");
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_rights_are_gone),
                                              UNIT_TEST(test_names) };
    return UNIT_RUN("sandbox", tests);
}
