/* SPDX-License-Identifier: Apache-2.0 */
#include "base/call_probe.h"

#include <errno.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum flag {
    OF_SIGNER = 1, /* only a signer makes it */
    NEEDED = 2,    /* there is no doing without */
    MAY_FAIL = 4,  /* EPERM is usual: only being killed counts */
};

/* With arguments that do nothing: sizes of 0, descriptors that are not open. */
static const struct row {
    const char *name;
    long number, arguments[3];
    unsigned flags;
} rows[] = {
    { "accept4", SYS_accept4, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "bind", SYS_bind, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "capget", SYS_capget, { 0, 0, 0 }, OF_SIGNER | NEEDED },
    { "capset", SYS_capset, { 0, 0, 0 }, OF_SIGNER | MAY_FAIL },
    { "clock_nanosleep", SYS_clock_nanosleep, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "close_range", SYS_close_range, { 0x7ffffff0, 0x7ffffff0, 0 }, NEEDED },
    { "epoll_create1", SYS_epoll_create1, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "epoll_ctl", SYS_epoll_ctl, { -1, 0, -1 }, OF_SIGNER | NEEDED },
    { "fchown", SYS_fchown, { -1, -1, -1 }, NEEDED },
    { "flock", SYS_flock, { -1, 0, 0 }, NEEDED },
    { "fsync", SYS_fsync, { -1, 0, 0 }, NEEDED },
    { "landlock_add_rule", SYS_landlock_add_rule, { -1, 0, 0 }, OF_SIGNER },
    { "landlock_create_ruleset", SYS_landlock_create_ruleset, { 0, 0, LANDLOCK_CREATE_RULESET_VERSION }, OF_SIGNER },
    { "landlock_restrict_self", SYS_landlock_restrict_self, { -1, 0, 0 }, OF_SIGNER },
    { "linkat", SYS_linkat, { -1, 0, -1 }, NEEDED },
    { "listen", SYS_listen, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "madvise", SYS_madvise, { 0, 0, 0 }, NEEDED },
    { "memfd_create", SYS_memfd_create, { 0, 0, 0 }, NEEDED },
    { "memfd_secret", SYS_memfd_secret, { 0, 0, 0 }, 0 },
    { "mlock", SYS_mlock, { 0, 0, 0 }, MAY_FAIL },
    { "pidfd_open", SYS_pidfd_open, { -1, 0, 0 }, 0 },
    { "prctl", SYS_prctl, { PR_GET_DUMPABLE, 0, 0 }, NEEDED },
    { "prlimit64", SYS_prlimit64, { -1, 0, 0 }, MAY_FAIL },
    { "recvfrom", SYS_recvfrom, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "renameat2", SYS_renameat2, { -1, 0, -1 }, NEEDED },
    { "seccomp", SYS_seccomp, { SECCOMP_GET_ACTION_AVAIL, 0, 0 }, NEEDED },
    { "sendto", SYS_sendto, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "setgroups", SYS_setgroups, { 0, 0, 0 }, MAY_FAIL },
    { "setresgid", SYS_setresgid, { -1, -1, -1 }, MAY_FAIL },
    { "setresuid", SYS_setresuid, { -1, -1, -1 }, MAY_FAIL },
    { "signalfd4", SYS_signalfd4, { -1, 0, 0 }, OF_SIGNER | NEEDED },
    { "socket", SYS_socket, { -1, 0, 0 }, NEEDED },
    { "socketpair", SYS_socketpair, { -1, 0, 0 }, NEEDED },
};

enum outcome { ALLOWED, DENIED, KILLED };

static enum outcome make(const struct row *row)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        const long *a = row->arguments;
        (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* without it Landlock answers EPERM */
        _exit(syscall(row->number, a[0], a[1], a[2], 0, 0, 0) < 0 && errno == EPERM ? DENIED : ALLOWED);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFSIGNALED(status) ? KILLED : (enum outcome)WEXITSTATUS(status);
}

static void add(char text[static CALL_PROBE_TEXT], const char *name)
{
    size_t length = strlen(text);
    snprintf(text + length, CALL_PROBE_TEXT - length, "%s%s", length > 0 ? ", " : "", name);
}

bool call_probe_is_filtered(void)
{
    char line[256];
    bool filtered = false;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && !filtered && fgets(line, sizeof line, file))
        filtered = strcmp(line, "Seccomp:\t2\n") == 0;
    if (file)
        fclose(file);
    return filtered;
}

void call_probe_all(bool signer, struct call_probe *out)
{
    *out = (struct call_probe){ .fatal = "" };
    fflush(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        if ((row->flags & OF_SIGNER) && !signer)
            continue;
        enum outcome outcome = make(row);
        if (outcome == KILLED || (outcome == DENIED && (row->flags & NEEDED)))
            add(out->fatal, row->name);
        else if (outcome == DENIED && !(row->flags & MAY_FAIL))
            add(out->denied, row->name);
    }
}
