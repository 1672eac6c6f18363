/* Which system calls a room may make: the table that filter.c turns into a seccomp filter and
 * that SECURITY.md shows. Everything that no row names is answered by death, but for calls newer
 * than SYSCALL_NEWEST, which are refused as by a kernel that has never heard of them. */
#ifndef SIGNER_SYSCALLS_H
#define SIGNER_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

#include "signer/sandbox/room.h"

/* The newest call that this table was made with (mseal, Linux 6.10): numbers up to here are
 * known, and what is not in the table kills. From there to SYSCALL_HIGHEST, which Linux will not
 * reach in our time, they are refused. */
enum { SYSCALL_NEWEST = 462, SYSCALL_HIGHEST = 1023 };

enum syscall_verdict {
    SYSCALL_ALLOW,
    SYSCALL_REFUSE, /* ENOSYS: a libc tries it and goes on without */
};

/* Holds where (argument & mask) == value; SYSCALL_OWN_PID stands for the number of the process. */
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
    const char *only;                                        /* the conditions in words, NULL where there are none */
    const char *reason;
};

extern const struct syscall_row syscall_table[];
extern const size_t syscall_count;

#endif
