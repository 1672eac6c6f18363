/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/owner.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "ceremony/tool/surroundings.h"
#include "ceremony/tool/tool.h"

bool owner_choose(const char *name, struct owner *out)
{
    *out = (struct owner){ geteuid(), getegid() };
    if (!name) {
        if (out->uid == 0)
            fputs("signer-ceremony: warning: the keystore belongs to root; name the signer's own user with"
                  " --user\n",
                  stderr);
        return true;
    }
    const struct passwd *user = getpwnam(name);
    if (!user || (out->uid != 0 && user->pw_uid != out->uid)) {
        command_fail("--user %s: %s%s", name,
                     user ? "only root can make a keystore for another user"
                          : "there is no such user: make it with useradd --system --shell /usr/sbin/nologin ",
                     user ? "" : name);
        return false;
    }
    if (!surroundings_have_uid(user->pw_uid)) {
        command_fail(
            "--user %s: uid %u has no number in this user namespace (unshare --map-root-user): run this outside"
            " of it",
            name, (unsigned)user->pw_uid);
        return false;
    }
    *out = (struct owner){ user->pw_uid, user->pw_gid };
    return true;
}
