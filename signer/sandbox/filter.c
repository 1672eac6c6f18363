/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/filter.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signer/process/log.h"
#include "signer/sandbox/sandbox_supervisor.h"
#include "signer/sandbox/syscalls.h"

enum { BINARY_TREE = 2 }; /* SCMP_FLTATR_CTL_OPTIMIZE: a linear search of hundreds of numbers costs time */

/* The seccomp actions for a call that is refused and for one that kills. */
struct answers {
    uint32_t refuse, kill;
};

static struct answers answers_of(enum sandbox_mode mode)
{
    if (mode == SANDBOX_LOG)
        return (struct answers){ SCMP_ACT_NOTIFY, SCMP_ACT_NOTIFY };
    return (struct answers){ SCMP_ACT_ERRNO(ENOSYS), SCMP_ACT_KILL_PROCESS };
}

static int number_of(const struct syscall_row *row)
{
    return seccomp_syscall_resolve_name(row->name); /* negative if this architecture has no such call */
}

static struct scmp_arg_cmp compare(const struct syscall_condition *condition)
{
    uint64_t value = condition->value == SYSCALL_OWN_PID ? (uint64_t)getpid() : condition->value;
    return (struct scmp_arg_cmp){ condition->argument, SCMP_CMP_MASKED_EQ, condition->mask, value };
}

static int add_row(scmp_filter_ctx filter, const struct syscall_row *row, uint32_t action)
{
    struct scmp_arg_cmp conditions[SYSCALL_CONDITIONS];
    for (size_t i = 0; i < row->condition_count; i++)
        conditions[i] = compare(&row->conditions[i]);
    return seccomp_rule_add_array(filter, action, number_of(row), (unsigned)row->condition_count, conditions);
}

/* The default action kills, so a refused call needs a rule; with SANDBOX_LOG both actions are the same. */
static int add_rows(scmp_filter_ctx filter, enum room room, const struct answers *answers)
{
    int wrong = 0;
    for (const struct syscall_row *row = syscall_table; row < syscall_table + syscall_count && !wrong; row++) {
        if ((row->rooms >> room & 1) == 0 || number_of(row) < 0)
            continue;
        if (row->verdict == SYSCALL_ALLOW)
            wrong = add_row(filter, row, SCMP_ACT_ALLOW);
        else if (answers->refuse != answers->kill)
            wrong = add_row(filter, row, answers->refuse);
    }
    return wrong;
}

static int add_newer(scmp_filter_ctx filter, const struct answers *answers)
{
    int wrong = 0;
    for (int number = SYSCALL_NEWEST + 1; number <= SYSCALL_HIGHEST && !wrong; number++)
        if (answers->refuse != answers->kill)
            wrong = seccomp_rule_add(filter, answers->refuse, number, 0);
    return wrong;
}

static scmp_filter_ctx build(enum room room, const struct answers *answers)
{
    scmp_filter_ctx filter = seccomp_init(answers->kill);
    if (!filter)
        return NULL; /* this kernel has no SCMP_ACT_KILL_PROCESS, or no seccomp */
    if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0
        || seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) != 0 /* it is set already */
        || seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE) != 0 || add_rows(filter, room, answers) != 0
        || add_newer(filter, answers) != 0)
        log_die("%s: cannot build its seccomp filter", room_name(room));
    return filter;
}

/* The libseccomp context is never freed: free() may need a system call that the filter now forbids. */
enum enforcement filter_install(enum room room, enum sandbox_mode mode)
{
    static scmp_filter_ctx filter;
    const struct answers answers = answers_of(mode);
    filter = build(room, &answers);
    if (filter && mode == SANDBOX_LOG)
        sandbox_supervisor_start(room);
    int wrong = filter ? seccomp_load(filter) : -ENOSYS;
    if (wrong != 0) {
        if (filter && mode == SANDBOX_LOG)
            sandbox_supervisor_dismiss();
        log_warning("warning: %s: no seccomp filter: %s", room_name(room), strerror(-wrong));
        return NOT_IN_FORCE;
    }
    if (mode == SANDBOX_LOG)
        sandbox_supervisor_attach(seccomp_notify_fd(filter));
    return mode == SANDBOX_LOG ? ONLY_LOGGED : IN_FORCE;
}
