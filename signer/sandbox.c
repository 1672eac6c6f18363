#include "signer/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "signer/log.h"

const char *sandbox_room_name(enum room room)
{
    static const char *const names[] = { "gate", "store", "vault" };
    return names[room];
}

static void drop_identity(enum room room, const struct identity *identity)
{
    if (geteuid() != 0)
        return;
    if (setgroups(0, NULL) != 0 || setresgid(identity->gid, identity->gid, identity->gid) != 0
        || setresuid(identity->uid, identity->uid, identity->uid) != 0)
        log_die("%s: cannot become uid %u: %s", sandbox_room_name(room), identity->uid, strerror(errno));
    if (identity->uid != 0 && setuid(0) == 0)
        log_die("%s: could become root again", sandbox_room_name(room));
}

/* A changed uid makes a process dumpable again, so this comes after it. */
static void forbid_dumps(enum room room)
{
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_GET_DUMPABLE) != 0)
        log_die("%s: is still dumpable", sandbox_room_name(room));
}

static void forbid_privileges(enum room room)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        log_die("%s: could gain privileges", sandbox_room_name(room));
}

void sandbox_enter(enum room room, const struct identity *identity)
{
    drop_identity(room, identity);
    forbid_dumps(room);
    forbid_privileges(room);
}
