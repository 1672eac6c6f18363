/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/private_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "ceremony/tool/surroundings.h"
#include "ceremony/tool/tool.h"
#include "client/connection.h"

enum { START_MS = 20 * 1000, STEP_MS = 5, KEK_FD = 3, PROGRAM_MIN = 10 };

static int program = -1; /* O_PATH descriptor of the signer program that belongs to this tool */

static int open_beside(const char *self, const char *name)
{
    char path[PATH_MAX];
    const char *slash = strrchr(self, '/');
    int size = slash ? snprintf(path, sizeof path, "%.*s/%s", (int)(slash - self), self, name) : -1;
    if (size < 0 || size >= PATH_MAX || access(path, X_OK) != 0)
        return -1;
    return open(path, O_PATH | O_CLOEXEC);
}

void private_signer_find(void)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    int fd = open_beside(self, "signer");
    if (fd < 0)
        fd = open_beside(self, "../sbin/signer");
    if (fd < 0)
        return;
    program = fcntl(fd, F_DUPFD_CLOEXEC, PROGRAM_MIN);
    close(fd);
}

/* The signer gets the keystore as its working directory: a directory on its path may be closed to its owner. */
static noreturn void become_signer(const struct private_signer *signer, pid_t tool, int keystore, int kek, int log)
{
    char *const arguments[] = { "signer",   "--keystore",           ".",        "--kek", "fd:3",
                                "--socket", (char *)signer->socket, "--vaults", "1",     NULL };
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != tool)
        _exit(127); /* it ended before that was in force */
    unsetenv("NOTIFY_SOCKET");
    unsetenv("LISTEN_FDS");
    (void)setpgid(0, 0); /* Ctrl-C at the terminal is for this tool only */
    if (fchdir(keystore) == 0 && dup2(log, STDERR_FILENO) >= 0 && dup2(kek, KEK_FD) >= 0
        && close_range(KEK_FD + 1, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
        fexecve(program, arguments, environ);
    dprintf(log, "signer: cannot be started: %s\n", strerror(errno));
    _exit(127);
}

static bool make_directory(struct private_signer *signer)
{
    if (!private_directory_make(&signer->directory, "ceremony", false))
        return false;
    snprintf(signer->socket, sizeof signer->socket, "%s/socket", signer->directory.path);
    return true;
}

/* The KEK goes through a pipe that the signer reads to its end. */
static bool spawn(struct private_signer *signer, int keystore, const struct kek *kek, int log)
{
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return false;
    const pid_t tool = getpid();
    signer->pid = fork();
    if (signer->pid == 0)
        become_signer(signer, tool, keystore, pipe_ends[0], log);
    close(pipe_ends[0]);
    bool ok = signer->pid > 0 && io_write_all(pipe_ends[1], kek->key, KEK_SIZE);
    close(pipe_ends[1]);
    return ok;
}

static bool is_gone(struct private_signer *signer)
{
    if (signer->pid > 0 && waitpid(signer->pid, &signer->status, WNOHANG) != 0)
        signer->pid = 0;
    return signer->pid <= 0;
}

static bool wait_until_ready(struct private_signer *signer)
{
    const struct signer_options options = { .socket = signer->socket };
    struct signer_health health;
    /* The directory is the keystore's owner's, who may have other processes. */
    if (!connection_pin(signer->socket, signer->pid))
        return false;
    if (signer_open(&signer->client, &options, NULL) != SIGNER_OK)
        return false;
    for (int waited = 0; waited < START_MS && !is_gone(signer); waited += STEP_MS) {
        if (access(signer->socket, F_OK) == 0 && signer_health(signer->client, &health, NULL) == SIGNER_OK)
            return true;
        time_sleep_ms(STEP_MS);
    }
    return false;
}

/* Its log ends with a newline, or is empty. */
static void report_log(const struct private_signer *signer, int log)
{
    char text[2048];
    ssize_t length = pread(log, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    bool killed = WIFSIGNALED(signer->status) && WTERMSIG(signer->status) == SIGSYS;
    command_fail("a private signer could not be started%s%s; its log:\n%s",
                 killed ? ": a system call filter ended it" : "", surroundings_filter(), text);
}

bool private_signer_is_possible(void)
{
    const char *why = surroundings_against_signer();
    if (why)
        command_fail("a private signer cannot be started here: %s", why);
    return !why;
}

bool private_signer_start(struct private_signer *signer, int keystore, const struct kek *kek)
{
    *signer = (struct private_signer){ 0 };
    if (program < 0) {
        command_fail("there is no program signer beside this one, nor in ../sbin: install it there");
        return false;
    }
    if (!private_signer_is_possible())
        return false;
    int log = memfd_create("signer-log", MFD_CLOEXEC);
    bool ok = log >= 0 && make_directory(signer) && spawn(signer, keystore, kek, log) && wait_until_ready(signer);
    if (!ok) {
        report_log(signer, log);
        private_signer_stop(signer);
    }
    if (log >= 0)
        close(log);
    return ok;
}

void private_signer_stop(struct private_signer *signer)
{
    signer_close(signer->client);
    if (!is_gone(signer)) {
        kill(signer->pid, SIGTERM);
        while (waitpid(signer->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    connection_unpin(signer->socket);
    private_directory_remove(&signer->directory);
    *signer = (struct private_signer){ 0 };
}
