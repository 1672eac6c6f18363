/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The linux/landlock.h of Debian 12 ends at ABI 2; these are the kernel's numbers for later ABIs. */
enum {
    FS_RIGHTS_ABI_1 = 13, /* bits 0 to 12 */
    FS_REFER = 13,        /* ABI 2 */
    FS_TRUNCATE = 14,     /* ABI 3 */
    FS_IOCTL_DEVICE = 15, /* ABI 5 */
};
enum { NET_BIND_AND_CONNECT = 3 };           /* ABI 4 */
enum { SCOPE_ABSTRACT_UNIX_AND_SIGNAL = 3 }; /* ABI 6 */

struct ruleset {
    uint64_t files, net, scoped;
};

unsigned landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (unsigned)abi : 0;
}

/* All access rights that this kernel can forbid. */
static struct ruleset everything(unsigned abi)
{
    struct ruleset all = { .files = ((uint64_t)1 << FS_RIGHTS_ABI_1) - 1 };
    if (abi >= 2)
        all.files |= (uint64_t)1 << FS_REFER;
    if (abi >= 3)
        all.files |= (uint64_t)1 << FS_TRUNCATE;
    if (abi >= 4)
        all.net = NET_BIND_AND_CONNECT;
    if (abi >= 5)
        all.files |= (uint64_t)1 << FS_IOCTL_DEVICE;
    if (abi >= 6)
        all.scoped = SCOPE_ABSTRACT_UNIX_AND_SIGNAL;
    return all;
}

/* An older kernel accepts only a shorter struct. */
static size_t size_of(unsigned abi)
{
    return abi >= 6 ? sizeof(struct ruleset) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static bool allow(int ruleset, int directory, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = directory };
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* The store reads all, and creates and removes keys and certificates. It can neither write nor remove the header, the
 * records and DIR/lock. */
static bool allow_store(int ruleset)
{
    const uint64_t reads = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    const uint64_t changes = reads | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG
        | LANDLOCK_ACCESS_FS_REMOVE_FILE;
    return allow(ruleset, ROOM_ROOT, reads) && allow(ruleset, ROOM_KEYS, changes)
        && allow(ruleset, ROOM_CERTS, changes);
}

/* To read the file of --access, and the names of users and groups. */
static bool allow_access(int ruleset)
{
    return allow(ruleset, ROOM_PLACE, LANDLOCK_ACCESS_FS_READ_FILE)
        && allow(ruleset, ROOM_ETC, LANDLOCK_ACCESS_FS_READ_FILE);
}

bool landlock_restrict(enum room room, unsigned abi)
{
    struct ruleset all = everything(abi);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, size_of(abi), 0);
    bool taken = ruleset >= 0 && (room != ROOM_STORE || allow_store(ruleset))
        && (room != ROOM_ACCESS || allow_access(ruleset)) && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (ruleset >= 0)
        close(ruleset);
    return taken;
}
