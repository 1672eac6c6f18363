/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/private_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "ceremony/tool/tool.h"

enum { OPEN_DIRECTORIES = 8, KEEPER_FD = 3, ATTEMPTS = 100, PAUSE_MS = 20 };

static bool is_in_memory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool in_memory = fd >= 0 && tool_is_in_memory(fd);
    if (fd >= 0)
        close(fd);
    return in_memory;
}

/* `path` is "" where no place is writable. */
static void make_directory(char path[static PRIVATE_PATH], const char *purpose, bool in_memory)
{
    static const char *const places[] = { "/run", "/dev/shm", "/tmp" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (in_memory && !is_in_memory(places[i]))
            continue;
        snprintf(path, PRIVATE_PATH, "%s/signer-%.20s-XXXXXX", places[i], purpose);
        if (mkdtemp(path))
            return;
    }
    memset(path, 0, PRIVATE_PATH);
}

/* -- the keeper -- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)place;
    (void)!(kind == FTW_DP ? rmdir(path) : unlink(path));
    return 0;
}

/* Tries repeatedly: a process that is ending with us may still write a last file there. */
static void remove_all(const char *path)
{
    for (int i = 0; i < ATTEMPTS && access(path, F_OK) == 0; i++) {
        (void)nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS);
        time_sleep_ms(i > 0 ? PAUSE_MS : 0);
    }
}

/* The keeper makes the directory itself, so that there is no moment at which nobody would remove it. It closes all
 * descriptors but its socket, leaves the terminal's session so that Ctrl-C does not reach it, and waits until the other
 * end of the socket is closed, which the kernel does however the tool ends. */
static noreturn void keep(int end, const char *purpose, bool in_memory)
{
    char path[PRIVATE_PATH] = "", unused;
    (void)setsid();
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    if (dup2(end, KEEPER_FD) < 0 || close_range(KEEPER_FD + 1, ~0u, 0) != 0)
        _exit(1);
    for (int fd = 0; fd < KEEPER_FD; fd++)
        close(fd);
    make_directory(path, purpose, in_memory);
    bool told = io_write_all(KEEPER_FD, path, sizeof path);
    if (told && path[0])
        (void)io_read_some(KEEPER_FD, &unused, 1); /* until our end is closed */
    if (path[0])
        remove_all(path);
    _exit(0);
}

static bool receive_path(struct private_directory *directory)
{
    return io_read_exactly(directory->alive, directory->path, sizeof directory->path) && directory->path[0];
}

bool private_directory_make(struct private_directory *directory, const char *purpose, bool in_memory)
{
    int ends[2];
    *directory = (struct private_directory){ .alive = -1 };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        directory->alive = ends[0];
        directory->keeper = fork();
        if (directory->keeper == 0)
            keep(ends[1], purpose, in_memory);
        close(ends[1]);
    }
    if (directory->keeper > 0 && receive_path(directory))
        return true;
    private_directory_remove(directory);
    command_fail("there is no writable directory%s; mount a tmpfs at /dev/shm", in_memory ? " in memory" : "");
    return false;
}

void private_directory_remove(struct private_directory *directory)
{
    if (directory->alive >= 0 && directory->keeper != 0)
        close(directory->alive);
    while (directory->keeper > 0 && waitpid(directory->keeper, NULL, 0) < 0 && errno == EINTR)
        continue;
    *directory = (struct private_directory){ .alive = -1 };
}
