/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls a room may make: the allowlist that filter.c turns into a seccomp filter and that SECURITY.md
 * shows. A call that is not listed kills the process; calls newer than SYSCALL_NEWEST fail with ENOSYS, as on a kernel
 * that does not have them. */
#ifndef SIGNER_SANDBOX_SYSCALLS_H
#define SIGNER_SANDBOX_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

#include "signer/sandbox/room.h"

/* SYSCALL_NEWEST is the newest call known when this table was written (mseal, Linux 6.10). Unlisted calls up to it
 * kill; those from there to SYSCALL_HIGHEST, which Linux will not reach for many years, are refused. */
enum { SYSCALL_NEWEST = 462, SYSCALL_HIGHEST = 1023 };

enum syscall_verdict {
    SYSCALL_ALLOW,
    SYSCALL_REFUSE, /* ENOSYS: a libc tries the call and falls back */
};

/* Holds where (argument & mask) == value; the value SYSCALL_OWN_PID stands for the process's own id. */
struct syscall_condition {
    uint8_t argument;
    uint64_t mask, value;
};

#define SYSCALL_OWN_PID UINT64_MAX

enum { SYSCALL_CONDITIONS = 2 };

struct syscall_row {
    const char *name;
    unsigned rooms; /* bit n: enum room n */
    enum syscall_verdict verdict;
    size_t condition_count;
    struct syscall_condition conditions[SYSCALL_CONDITIONS]; /* all must hold */
    const char *only;                                        /* the conditions in words, NULL if there are none */
    const char *reason;
};

extern const struct syscall_row syscall_table[];
extern const size_t syscall_count;

#endif
