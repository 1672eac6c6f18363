/* SPDX-License-Identifier: Apache-2.0 */
/* What the signer of the benchmark has instead of signer/sandbox.c: it becomes the user that it is to
 * run as and gives up nothing else, so that the two signers differ in the sandbox and in nothing but
 * that. Defined here, these symbols keep the library's sandbox.o out of the program. */
#include "signer/sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "signer/process/log.h"

static void drop_identity(enum room room, const struct identity *identity)
{
    if (geteuid() != 0)
        return;
    if (setgroups(0, NULL) != 0 || setresgid(identity->gid, identity->gid, identity->gid) != 0
        || setresuid(identity->uid, identity->uid, identity->uid) != 0)
        log_die("%s: cannot become uid %u: %s", room_name(room), identity->uid, strerror(errno));
}

void sandbox_enter(enum room room, const struct sandbox_terms *terms, struct protections *out)
{
    drop_identity(room, &terms->identity);
    *out = (struct protections){ .dumpable = 1, .capabilities = geteuid() == 0, .uid = geteuid() };
}
