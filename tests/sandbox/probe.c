/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the kernel what became of every system call in every room, and compares its answers with
 * the table that SECURITY.md shows. Each question is put in a process that enters the room by the
 * same call as the signer does, with descriptors where the room has them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

#include "signer/sandbox/sandbox.h"
#include "signer/sandbox/syscalls.h"

enum { ARGUMENTS = 6, WAIT_MS = 300, RETURNED = 81, NO_SYSTEM_CALL = 82 };

enum fate { HAPPENS, REFUSED, KILLED, FATES };
static const char *const fates[FATES] = { "happens", "is refused with ENOSYS", "kills" };

/* An argument that becomes the number of the process that asks. */
#define OWN (SYSCALL_OWN_PID - 1)

struct question {
    enum room room;
    int number;
    unsigned long arguments[ARGUMENTS];
};

/* -- what the table says -- */

static int number_of(const struct syscall_row *row)
{
    return seccomp_syscall_resolve_name(row->name);
}

static bool holds(const struct syscall_row *row, const struct question *question)
{
    for (size_t i = 0; i < row->condition_count; i++) {
        const struct syscall_condition *condition = &row->conditions[i];
        uint64_t argument = question->arguments[condition->argument];
        bool own = argument == OWN && condition->value == SYSCALL_OWN_PID;
        if (!own && (argument & condition->mask) != condition->value)
            return false;
    }
    return true;
}

static enum fate expected(const struct question *question)
{
    for (size_t i = 0; i < syscall_count; i++) {
        const struct syscall_row *row = &syscall_table[i];
        if ((row->rooms >> question->room & 1) && number_of(row) == question->number && holds(row, question))
            return row->verdict == SYSCALL_ALLOW ? HAPPENS : REFUSED;
    }
    return question->number > SYSCALL_NEWEST && question->number <= SYSCALL_HIGHEST ? REFUSED : KILLED;
}

/* -- what the kernel says -- */

static void furnish(enum room room)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || dup2(pair[0], ROOM_SOCKET) < 0)
        _exit(1);
    int last = room == ROOM_STORE ? ROOM_LOCK : room == ROOM_ACCESS ? ROOM_ETC : ROOM_SOCKET;
    for (int fd = ROOM_SOCKET + 1; fd <= last; fd++) {
        int directory = open(".", O_RDONLY | O_DIRECTORY);
        if (directory < 0 || (directory != fd && dup2(directory, fd) < 0))
            _exit(1);
    }
}

static _Noreturn void ask(const struct question *question)
{
    const struct sandbox_terms terms = { { getuid(), getgid() }, SANDBOX_ENFORCE };
    unsigned long a[ARGUMENTS];
    struct protections protections;
    for (int i = 0; i < ARGUMENTS; i++)
        a[i] = question->arguments[i] == OWN ? (unsigned long)getpid() : question->arguments[i];
    furnish(question->room);
    sandbox_enter(question->room, &terms, &protections);
    long result = syscall(question->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    syscall(SYS_exit_group, result == -1 && errno == ENOSYS ? NO_SYSTEM_CALL : RETURNED);
    for (;;)
        continue;
}

/* A call that waits has happened. */
static bool ended_in_time(pid_t child, int *status)
{
    for (int waited = 0; waited < WAIT_MS; waited++) {
        if (waitpid(child, status, WNOHANG) == child)
            return true;
        (void)poll(NULL, 0, 1);
    }
    kill(child, SIGKILL);
    (void)waitpid(child, status, 0);
    return false;
}

static enum fate observed(const struct question *question)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        ask(question);
    if (child < 0)
        exit(1);
    if (!ended_in_time(child, &status))
        return HAPPENS;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : HAPPENS;
    return WEXITSTATUS(status) == NO_SYSTEM_CALL ? REFUSED : HAPPENS;
}

/* A uprobe's trampoline makes these two; newer kernels do not ask any filter about them. */
static bool is_beyond_filters(int number)
{
#ifdef __x86_64__
    return number == 335 || number == 336;
#else
    return number < 0;
#endif
}

/* -- all of them -- */

static unsigned asked, wrong;

static void compare(const struct question *question)
{
    enum fate should = expected(question), is = observed(question);
    asked++;
    if (should == is || (is_beyond_filters(question->number) && is == HAPPENS))
        return;
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, question->number);
    printf("%s: %s (%d) %s, but by the table it %s\n", room_name(question->room), name ? name : "?", question->number,
           fates[is], fates[should]);
    free(name);
    wrong++;
}

static struct question nonsense(enum room room, int number)
{
    struct question question = { .room = room, .number = number };
    for (int i = 0; i < ARGUMENTS; i++)
        question.arguments[i] = (unsigned long)-1;
    return question;
}

/* The conditions hold; then each in turn does not, by one bit. */
static void compare_conditions(enum room room, const struct syscall_row *row)
{
    struct question question = nonsense(room, number_of(row));
    for (size_t i = 0; i < row->condition_count; i++)
        question.arguments[row->conditions[i].argument] = row->conditions[i].value == SYSCALL_OWN_PID
            ? OWN
            : row->conditions[i].value;
    compare(&question);
    for (size_t i = 0; i < row->condition_count; i++) {
        struct question other = question;
        other.arguments[row->conditions[i].argument] ^= row->conditions[i].mask & -row->conditions[i].mask;
        compare(&other);
    }
}

static void compare_room(enum room room)
{
    for (int number = 0; number <= SYSCALL_NEWEST + 10; number++) {
        struct question question = nonsense(room, number);
        compare(&question);
    }
    const int far[] = { SYSCALL_HIGHEST, SYSCALL_HIGHEST + 1, 0x40000000 + 1, 0x7fffffff };
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        struct question question = nonsense(room, far[i]);
        compare(&question);
    }
    for (size_t i = 0; i < syscall_count; i++)
        if ((syscall_table[i].rooms >> room & 1) && number_of(&syscall_table[i]) >= 0)
            compare_conditions(room, &syscall_table[i]);
}

int main(void)
{
    for (enum room room = 0; room < ROOM_COUNT; room++)
        compare_room(room);
    printf("%u system calls were made, %u of them were not answered as the table says\n", asked, wrong);
    return wrong == 0 ? 0 : 1;
}
