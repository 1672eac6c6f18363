/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/parent_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/tool/tool.h"

/* "/var/lib/signer/keystore/" gives "/var/lib/signer". False: there is nothing above it, or it is too long. */
static bool cut(const char *target, char out[static PATH_MAX])
{
    size_t length = strlen(target);
    if (length >= PATH_MAX)
        return false;
    memcpy(out, target, length + 1);
    while (length > 1 && out[length - 1] == '/')
        out[--length] = '\0';
    char *slash = strrchr(out, '/');
    while (slash > out && slash[-1] == '/')
        slash--;
    if (!slash || slash == out)
        return false;
    *slash = '\0';
    return true;
}

static void name_user(const struct owner *owner, char out[static 64])
{
    const struct passwd *user = getpwuid(owner->uid);
    if (user)
        snprintf(out, 64, "%.60s", user->pw_name);
    else
        snprintf(out, 64, "%u", (unsigned)owner->uid);
}

/* In a directory that is open here, so that no name is followed twice. errno says why not. */
static bool make_in(int above, const char *name, const struct owner *owner)
{
    if (mkdirat(above, name, 0700) != 0)
        return false;
    int made = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = made >= 0 && (geteuid() != 0 || fchown(made, owner->uid, owner->gid) == 0) && fchmod(made, 0700) == 0
        && fsync(made) == 0 && (fsync(above) == 0 || errno == EACCES);
    int why = errno;
    if (made >= 0)
        close(made);
    if (!ok)
        (void)unlinkat(above, name, AT_REMOVEDIR);
    errno = why;
    return ok;
}

bool parent_directory_make(struct parent_directory *parent, const char *target, const struct owner *owner)
{
    char path[PATH_MAX], user[64];
    const char *name;
    struct stat is;
    parent->path[0] = '\0';
    if (!cut(target, path) || stat(path, &is) == 0 || errno != ENOENT)
        return true; /* whoever needs it says what is wrong with it */
    name_user(owner, user);
    int above = tool_open_parent(path, &name);
    bool ok = above >= 0 && make_in(above, name, owner);
    int why = errno;
    if (above >= 0)
        close(above);
    if (!ok && why == EEXIST) /* somebody else was first */
        return true;
    if (!ok) {
        command_fail("%s: there is no directory %s, and it cannot be made (%s): make it first, with install -d -m 0700"
                     " -o %s %s",
                     target, path, strerror(why), user, path);
        return false;
    }
    memcpy(parent->path, path, sizeof path);
    fprintf(stderr, "%s was not there: made, with mode 0700, for %s\n", path, user);
    return true;
}

void parent_directory_undo(const struct parent_directory *parent)
{
    int why = errno;
    if (parent->path[0])
        (void)rmdir(parent->path);
    errno = why;
}
