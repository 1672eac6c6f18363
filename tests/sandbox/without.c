/* SPDX-License-Identifier: Apache-2.0 */
/* without CALL[,CALL]... -- COMMAND ARG...: runs a command to which these system calls are unknown
 * (ENOSYS), as on a kernel that lacks them. CALL:NUMBER means it only with that first argument,
 * such as prctl:22, the older door to seccomp. -CALL is denied (EPERM), and !CALL kills, as a unit's
 * SystemCallFilter= does. */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Noreturn void usage(const char *wrong)
{
    fprintf(stderr, "without: %s; usage: without CALL[:NUMBER],... -- COMMAND ARG...\n", wrong);
    exit(2);
}

static _Noreturn void fail(const char *what, int error)
{
    fprintf(stderr, "without: %s: %s\n", what, strerror(error));
    exit(1);
}

static void forget(scmp_filter_ctx filter, char *call)
{
    uint32_t action = *call == '!' ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(*call == '-' ? EPERM : ENOSYS);
    call += *call == '!' || *call == '-';
    char *argument = strchr(call, ':');
    if (argument)
        *argument++ = '\0';
    int number = seccomp_syscall_resolve_name(call);
    if (number < 0)
        usage("there is no such call");
    char *end = NULL;
    struct scmp_arg_cmp is = { 0, SCMP_CMP_EQ, argument ? strtoull(argument, &end, 0) : 0, 0 };
    if (argument && (end == argument || *end != '\0'))
        usage("an argument is a number");
    int wrong = seccomp_rule_add_array(filter, action, number, argument ? 1 : 0, &is);
    if (wrong != 0)
        fail("a rule", -wrong);
}

int main(int argc, char **argv)
{
    if (argc < 4 || strcmp(argv[2], "--") != 0)
        usage("too little, or no --");
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        fail("a filter", ENOMEM);
    for (char *rest = NULL, *call = strtok_r(argv[1], ",", &rest); call; call = strtok_r(NULL, ",", &rest))
        forget(filter, call);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail("no_new_privs", errno);
    int wrong = seccomp_load(filter);
    if (wrong != 0)
        fail("the filter", -wrong);
    seccomp_release(filter);
    execvp(argv[3], argv + 3);
    fail(argv[3], errno);
}
