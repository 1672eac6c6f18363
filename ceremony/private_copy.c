#include "ceremony/private_copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ceremony/handout.h"
#include "ceremony/restoring.h"
#include "ceremony/tool.h"

static bool is_in_memory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool in_memory = fd >= 0 && handout_is_in_memory(fd);
    if (fd >= 0)
        close(fd);
    return in_memory;
}

static bool make_directory(struct private_copy *copy)
{
    static const char *const places[] = { "/dev/shm", "/run" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(copy->directory, sizeof copy->directory, "%s/signer-restore-XXXXXX", places[i]);
        if (is_in_memory(places[i]) && mkdtemp(copy->directory)) {
            snprintf(copy->keystore, sizeof copy->keystore, "%s/keystore", copy->directory);
            return true;
        }
    }
    copy->directory[0] = '\0';
    tool_fail("there is no directory in memory to restore into; /dev/shm must be a tmpfs that we may write");
    return false;
}

bool private_copy_make(struct private_copy *copy, const struct archive *archive)
{
    const struct owner self = { geteuid(), getegid() };
    *copy = (struct private_copy){ "", "" };
    if (!make_directory(copy))
        return false;
    if (restoring_run(archive, copy->keystore, &self))
        return true;
    private_copy_remove(copy);
    return false;
}

void private_copy_remove(struct private_copy *copy)
{
    if (!copy->directory[0])
        return;
    restoring_remove(copy->keystore);
    (void)rmdir(copy->directory);
    copy->directory[0] = '\0';
}
