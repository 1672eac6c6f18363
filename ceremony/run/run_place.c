/* SPDX-License-Identifier: Apache-2.0 */
/* Whether secrets in this machine's memory, or cards, could reach a disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/run/run.h"
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

static bool is_device(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode));
}

static bool is_in_memory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && tool_is_in_memory(fd);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool run_place_is_safe(const struct run *run)
{
    char device[256];
    if (!run->rehearsal && swaps_to_disk(device, sizeof device)) {
        command_fail("this machine swaps to %s: what is in memory may reach a disk; swapoff -a first", device);
        return false;
    }
    if (run->site.print && !is_device(run->site.print) && !is_in_memory(run->site.print)) {
        command_fail("print %s: cards are written to a directory on a tmpfs, a raw device, or the screen",
                     run->site.print);
        return run->rehearsal && access(run->site.print, W_OK) == 0;
    }
    return true;
}
