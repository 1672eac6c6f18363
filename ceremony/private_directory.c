#include "ceremony/private_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ceremony/handout.h"
#include "ceremony/tool.h"

enum { OPEN_DIRECTORIES = 8, PIPE_FD = 3 };

static bool is_in_memory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool in_memory = fd >= 0 && handout_is_in_memory(fd);
    if (fd >= 0)
        close(fd);
    return in_memory;
}

static bool make_directory(struct private_directory *directory, const char *purpose, bool in_memory)
{
    static const char *const places[] = { "/run", "/dev/shm", "/tmp" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (in_memory && !is_in_memory(places[i]))
            continue;
        snprintf(directory->path, sizeof directory->path, "%s/signer-%.20s-XXXXXX", places[i], purpose);
        if (mkdtemp(directory->path))
            return true;
    }
    directory->path[0] = '\0';
    tool_fail("there is no directory%s that we may write to; /dev/shm must be a tmpfs for that",
              in_memory ? " in memory" : "");
    return false;
}

/* -- the keeper ------------------------------------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)place;
    (void)!(kind == FTW_DP ? rmdir(path) : unlink(path));
    return 0;
}

/* It holds nothing of ours but the pipe, hears no Ctrl-C of our terminal, and waits for our end. */
static void keep(const char *path, int pipe_end)
{
    char unused;
    (void)setsid();
    (void)signal(SIGTERM, SIG_IGN);
    if (dup2(pipe_end, PIPE_FD) < 0 || close_range(PIPE_FD + 1, ~0u, 0) != 0)
        _exit(1);
    for (int fd = 0; fd < PIPE_FD; fd++)
        close(fd);
    while (read(PIPE_FD, &unused, 1) < 0 && errno == EINTR)
        continue;
    (void)nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS);
    _exit(0);
}

static bool start_keeper(struct private_directory *directory)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    directory->keeper = fork();
    if (directory->keeper == 0)
        keep(directory->path, ends[0]);
    close(ends[0]);
    directory->alive = ends[1];
    return directory->keeper > 0;
}

bool private_directory_make(struct private_directory *directory, const char *purpose, bool in_memory)
{
    *directory = (struct private_directory){ .alive = -1 };
    if (!make_directory(directory, purpose, in_memory))
        return false;
    if (start_keeper(directory))
        return true;
    (void)rmdir(directory->path);
    if (directory->alive >= 0)
        close(directory->alive);
    *directory = (struct private_directory){ .alive = -1 };
    return tool_fail("a private directory has nobody to remove it") == EXIT_DONE;
}

void private_directory_remove(struct private_directory *directory)
{
    if (directory->keeper <= 0)
        return;
    close(directory->alive);
    while (waitpid(directory->keeper, NULL, 0) < 0 && errno == EINTR)
        continue;
    *directory = (struct private_directory){ .alive = -1 };
}
