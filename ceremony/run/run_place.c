/* SPDX-License-Identifier: Apache-2.0 */
/* Whether secrets in this machine's memory, or cards, could reach a disk. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/run/run.h"
#include "ceremony/tool/leftovers.h"
#include "ceremony/tool/owner.h"
#include "ceremony/tool/tool.h"

/* Swap on zram stays in memory; any other swap counts as a disk. */
static bool swaps_to_disk(char *device, size_t size)
{
    char line[512], name[256];
    bool found = false;
    FILE *swaps = fopen("/proc/swaps", "re");
    while (swaps && !found && fgets(line, sizeof line, swaps))
        if (sscanf(line, "%255s", name) == 1 && name[0] == '/' && strncmp(name, "/dev/zram", 9) != 0) {
            snprintf(device, size, "%s", name);
            found = true;
        }
    if (swaps)
        fclose(swaps);
    return found;
}

/* The place is opened once: its name could lead to a disk by the time that a card is printed. A block device is a
 * disk. */
static bool open_print(struct run *run)
{
    struct stat status;
    bool is_known = stat(run->site.print, &status) == 0;
    if (is_known && S_ISCHR(status.st_mode))
        run->print_device = status.st_rdev;
    else if (is_known && S_ISDIR(status.st_mode))
        run->print = open(run->site.print, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->print_device || (run->print >= 0 && tool_is_in_memory(run->print)))
        return true;
    command_fail(
        "print %s: cards are written to a directory on a tmpfs, a printer's device (a character device), or the"
        " screen",
        run->site.print);
    return run->rehearsal && run->print >= 0 && faccessat(run->print, ".", W_OK, AT_EACCESS) == 0;
}

bool run_place_is_safe(struct run *run)
{
    char device[256];
    run->print = -1;
    if (!run->rehearsal && swaps_to_disk(device, sizeof device)) {
        command_fail("this machine swaps to %s: what is in memory may reach a disk; swapoff -a first", device);
        return false;
    }
    if (run->site.print && !open_print(run))
        return false;
    if (run->print >= 0)
        leftovers_name(run->print, run->site.print);
    return true;
}

/* `what` is its name in the site file. One that is there is looked at again when it is opened. */
static bool can_be_there(const char *what, const char *path)
{
    char parent[PATH_MAX];
    struct stat status;
    snprintf(parent, sizeof parent, "%s", path);
    if (lstat(path, &status) == 0) {
        if (access(path, W_OK | X_OK) == 0)
            return true;
    } else if (access(dirname(parent), W_OK | X_OK) == 0) {
        return true;
    }
    command_fail("%s %s: %s: nothing was made; name another directory in the site file", what, path, strerror(errno));
    return false;
}

static bool has_imports(const struct run *run)
{
    for (size_t i = 0; i < run->plan.key_count && !run->rehearsal; i++) {
        const struct plan_key *key = &run->plan.keys[i];
        size_t at = 0;
        while (at < run->site.import_count && strcmp(run->site.imports[at].id, key->id.text) != 0)
            at++;
        if (key->imported && at == run->site.import_count) {
            command_fail("the plan imports %s, but the site file does not say where it is", key->id.text);
            return false;
        }
    }
    return true;
}

bool run_place_has_room(const struct run *run)
{
    struct directory directory;
    struct header header;
    struct owner owner;
    if (!can_be_there("out", run->out) || (run->site.user && !owner_choose(run->site.user, &owner)))
        return false;
    if (run->plan.kind == PLAN_NEW || run->rehearsal)
        return can_be_there("keystore", run->keystore) && has_imports(run);
    if (!tool_open_keystore(run->keystore, &directory, &header))
        return false;
    const struct session there = { .path = run->keystore, .directory = directory };
    bool ok = session_can_write(&there);
    directory_close(&directory);
    return ok;
}

/* The path without links; of one that does not exist, as far as it does. */
static bool resolve(const char *path, char out[static PATH_MAX])
{
    char head[PATH_MAX], tail[PATH_MAX] = "", longer[PATH_MAX];
    int length = snprintf(head, sizeof head, "%s%s", path[0] == '/' ? "" : "./", path);
    if (length < 0 || (size_t)length >= sizeof head)
        return false;
    while (!realpath(head, out)) {
        char *slash = strrchr(head, '/');
        if (!slash || slash == head)
            return false;
        if (snprintf(longer, sizeof longer, "%s%s", slash, tail) >= (int)sizeof longer)
            return false;
        memcpy(tail, longer, sizeof tail);
        *slash = '\0';
    }
    size_t there = strlen(out);
    return snprintf(out + there, PATH_MAX - there, "%s", tail) < (int)(PATH_MAX - there);
}

bool run_place_is_apart(const struct run *run)
{
    char out[PATH_MAX], keystore[PATH_MAX];
    if (!resolve(run->out, out) || !resolve(run->keystore, keystore))
        return true; /* making them will say what is wrong */
    size_t length = strlen(keystore);
    if (strncmp(out, keystore, length) != 0 || (out[length] != '/' && out[length] != '\0'))
        return true;
    command_fail("out %s: is inside the keystore %s; name another directory in the site file", run->out, run->keystore);
    return false;
}
