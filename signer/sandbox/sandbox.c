/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "signer/process/log.h"
#include "signer/sandbox/filter.h"
#include "signer/sandbox/landlock.h"

/* While still root: no program executed later could regain a capability. */
static void drop_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability); /* without CAP_SETPCAP it fails; no_new_privs has the same effect */
}

/* Root of a user namespace that has no right to change groups (unshare --map-root-user) and stays root keeps those that
 * it has, as every other user does. */
static bool drop_groups(const struct identity *identity)
{
    return setgroups(0, NULL) == 0 || (errno == EPERM && identity->uid == geteuid() && identity->gid == getegid());
}

/* The kernel forgets it at a change of uid (prctl(2)), and the private signer of a ceremony must end with its tool. A
 * parent that ended before it was in force again has left this process to another one. */
static void end_with_parent(enum room room, int signal, pid_t parent)
{
    if (signal != 0 && prctl(PR_SET_PDEATHSIG, signal) != 0)
        log_die("%s: cannot end with its parent: %s", room_name(room), strerror(errno));
    if (signal != 0 && getppid() != parent)
        raise(signal);
}

static void become(enum room room, const struct identity *identity)
{
    if (!drop_groups(identity) || setresgid(identity->gid, identity->gid, identity->gid) != 0
        || setresuid(identity->uid, identity->uid, identity->uid) != 0)
        log_die("%s: cannot become uid %u: %s", room_name(room), identity->uid, strerror(errno));
    if (identity->uid != 0 && setuid(0) == 0)
        log_die("%s: could still become root again", room_name(room));
}

static void drop_identity(enum room room, const struct identity *identity)
{
    int signal = 0;
    const pid_t parent = getppid();
    if (geteuid() != 0)
        return;
    if (prctl(PR_GET_PDEATHSIG, &signal) != 0)
        log_die("%s: cannot read its parent's death signal: %s", room_name(room), strerror(errno));
    become(room, identity);
    end_with_parent(room, signal, parent);
}

struct capability_sets {
    struct __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3];
};

static struct capability_sets read_capabilities(enum room room)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct capability_sets sets = { 0 };
    if (syscall(SYS_capget, &header, sets.words) != 0)
        log_die("%s: capget: %s", room_name(room), strerror(errno));
    return sets;
}

static bool has_any(const struct capability_sets *sets)
{
    static const struct capability_sets none;
    return memcmp(sets, &none, sizeof none) != 0;
}

/* Also where the room stays root: it owns the keystore and needs no capability. */
static void drop_capabilities(enum room room)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct capability_sets none = { 0 };
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none.words) != 0)
        log_die("%s: capset: %s", room_name(room), strerror(errno));
    none = read_capabilities(room);
    if (has_any(&none))
        log_die("%s: still has capabilities", room_name(room));
}

/* After drop_identity, because a change of uid makes a process dumpable again. */
static void forbid_dumps(enum room room)
{
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_GET_DUMPABLE) != 0)
        log_die("%s: is still dumpable", room_name(room));
}

static void forbid_privileges(enum room room)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        log_die("%s: could gain privileges", room_name(room));
}

static enum enforcement restrict_files(enum room room, enum sandbox_mode mode, unsigned abi)
{
    if (abi == 0)
        return NOT_IN_FORCE;
    if (mode == SANDBOX_LOG)
        return ONLY_LOGGED; /* Landlock has no mode that logs an access and allows it */
    if (!landlock_restrict(room, abi))
        log_die("%s: Landlock: %s", room_name(room), strerror(errno));
    return IN_FORCE;
}

/* Read back, not assumed; before the seccomp filter, which forbids these calls. */
static void read_protections(enum room room, struct protections *out)
{
    struct capability_sets capabilities = read_capabilities(room);
    *out = (struct protections){
        .dumpable = (uint32_t)prctl(PR_GET_DUMPABLE),
        .no_new_privs = (uint32_t)prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
        .capabilities = has_any(&capabilities),
        .uid = geteuid(),
        .landlock_abi = landlock_abi(),
    };
}

void sandbox_enter(enum room room, const struct sandbox_terms *terms, struct protections *out)
{
    drop_bounding_set();
    drop_identity(room, &terms->identity);
    drop_capabilities(room);
    forbid_dumps(room);
    forbid_privileges(room);
    read_protections(room, out);
    out->landlock = restrict_files(room, terms->mode, out->landlock_abi);
    out->seccomp = filter_install(room, terms->mode);
}
