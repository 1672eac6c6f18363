/* SPDX-License-Identifier: Apache-2.0 */
/* inject PID CALL ARG...: makes a process that waits in a system call make another one, as code that
 * has taken it over would, says what came of it, and lets it wait on. For root, in tests.
 *
 * CALL is a name or a number. ARG is a number, or `s:TEXT`, the address of a string on the target's
 * stack, or `z:N`, the address of N bytes of zero there. One line says `returned VALUE` (an error as
 * -NAME), `killed SIGNAL` or `exited CODE`. Exit code 1: it could not be tried; 2: usage. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ARGUMENTS = 6,
    BYTES_MAX = 4096,      /* of one argument */
    FAR_BELOW = 64 * 1024, /* the stack pointer: nothing of the target is there */
    TRIES = 200,
    RETRY_US = 5000,
    ERROR_MAX = 4095,
};

struct call {
    long number;
    unsigned long arguments[ARGUMENTS];
    char *bytes[ARGUMENTS]; /* what to put on the target's stack, the argument being its address */
    size_t size[ARGUMENTS]; /* 0: nothing */
};

static _Noreturn void usage(const char *wrong)
{
    fprintf(stderr, "inject: %s; usage: inject PID CALL [NUMBER | s:TEXT | z:N]...\n", wrong);
    exit(2);
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void trace(enum __ptrace_request request, pid_t pid, unsigned long address, void *data)
{
    if (ptrace(request, pid, address, data) != 0)
        fail("ptrace");
}

/* -- the machine -- */

typedef struct user_regs_struct registers;

static void get_registers(pid_t pid, registers *out)
{
    struct iovec place = { out, sizeof *out };
    trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &place);
}

static void set_registers(pid_t pid, const registers *regs)
{
    registers copy = *regs;
    struct iovec place = { &copy, sizeof copy };
    trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &place);
}

#if defined(__x86_64__)

static const unsigned char instruction[] = { 0x0f, 0x05 }; /* syscall */

static unsigned long stack_of(const registers *regs)
{
    return regs->rsp;
}

/* Where the instruction would be that the target waits in. */
static unsigned long place_of(const registers *regs, unsigned attempt)
{
    (void)attempt;
    return regs->rip - sizeof instruction;
}

static void prepare(registers *regs, unsigned long place, const struct call *call)
{
    const unsigned long *a = call->arguments;
    regs->rip = place;
    regs->rax = (unsigned long)call->number;
    regs->orig_rax = ~0ul; /* no call is pending, so none is restarted */
    regs->rdi = a[0], regs->rsi = a[1], regs->rdx = a[2], regs->r10 = a[3], regs->r8 = a[4], regs->r9 = a[5];
}

/* At the stop before the call. */
static void put_number(pid_t pid, const struct call *call)
{
    (void)pid;
    (void)call; /* rax has said it */
}

static long result_of(const registers *regs)
{
    return (long)regs->rax;
}

/* What the kernel does after a signal that nobody sees: the interrupted call is made once more. */
static void restart(registers *regs, unsigned long place)
{
    enum { RESTART_FIRST = 512, RESTART_LAST = 516 }; /* ERESTARTSYS to ERESTART_RESTARTBLOCK */
    long result = (long)regs->rax;
    if ((long)regs->orig_rax < 0 || result > -RESTART_FIRST || result < -RESTART_LAST)
        return; /* it was no call, or has ended: its result stands in rax */
    regs->rip = place;
    regs->rax = regs->orig_rax;
    regs->orig_rax = ~0ul;
}

#elif defined(__aarch64__)

static const unsigned char instruction[] = { 0x01, 0x00, 0x00, 0xd4 }; /* svc #0 */

static unsigned long stack_of(const registers *regs)
{
    return regs->sp;
}

/* This kernel shows the registers with the restart already done, if there is to be one. */
static unsigned long place_of(const registers *regs, unsigned attempt)
{
    return regs->pc - (attempt ? 0 : sizeof instruction);
}

static void prepare(registers *regs, unsigned long place, const struct call *call)
{
    regs->pc = place;
    regs->regs[8] = (unsigned long)call->number;
    for (int i = 0; i < ARGUMENTS; i++)
        regs->regs[i] = call->arguments[i];
}

/* A wait that is restarted by restart_syscall puts that into x8 after us. */
static void put_number(pid_t pid, const struct call *call)
{
    int number = (int)call->number;
    struct iovec place = { &number, sizeof number };
    trace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &place);
}

static long result_of(const registers *regs)
{
    return (long)regs->regs[0];
}

static void restart(registers *regs, unsigned long place)
{
    (void)regs; /* they were shown so */
    (void)place;
}

#else
#error "inject knows the registers of x86_64 and aarch64"
#endif

/* -- the target -- */

static bool copy_memory(pid_t pid, unsigned long address, void *data, size_t size, bool write)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int fd = open(path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        fail(path);
    ssize_t n = write ? pwrite(fd, data, size, (off_t)address) : pread(fd, data, size, (off_t)address);
    close(fd);
    return n == (ssize_t)size;
}

static _Noreturn void tell_end(int status)
{
    if (WIFSIGNALED(status))
        printf("killed SIG%s\n", sigabbrev_np(WTERMSIG(status)));
    else
        printf("exited %d\n", WEXITSTATUS(status));
    exit(0);
}

/* A child that was let happen must not live: it would be a second room. */
static void kill_child(pid_t pid)
{
    unsigned long child;
    trace(PTRACE_GETEVENTMSG, pid, 0, &child);
    kill((pid_t)child, SIGKILL);
    while (waitpid((pid_t)child, NULL, __WALL) < 0 && errno == EINTR)
        continue;
}

static bool is_birth(int status)
{
    int event = status >> 16;
    return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE;
}

enum { AT_CALL = SIGTRAP | 0x80, AT_REST = SIGTRAP | PTRACE_EVENT_STOP << 8 };

/* Waits for the stop that is wanted, and resumes after others: signals reach the target. */
static void await(pid_t pid, enum __ptrace_request resume, int wanted)
{
    for (int status;;) {
        if (waitpid(pid, &status, __WALL) < 0)
            fail("waitpid");
        if (!WIFSTOPPED(status))
            tell_end(status);
        if (status >> 8 == wanted)
            return;
        if (is_birth(status))
            kill_child(pid);
        int signal = status >> 16 == 0 && status >> 8 != AT_CALL ? WSTOPSIG(status) : 0;
        trace(resume, pid, 0, (void *)(long)signal);
    }
}

static void stop(pid_t pid)
{
    trace(PTRACE_INTERRUPT, pid, 0, NULL);
    await(pid, PTRACE_CONT, AT_REST);
}

static void seize(pid_t pid)
{
    const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
        | PTRACE_O_TRACECLONE;
    trace(PTRACE_SEIZE, pid, 0, (void *)options);
    stop(pid);
}

/* 0: it is in no system call. */
static unsigned long find_instruction(pid_t pid, const registers *regs)
{
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        unsigned char found[sizeof instruction];
        unsigned long place = place_of(regs, attempt);
        if (copy_memory(pid, place, found, sizeof found, false) && memcmp(found, instruction, sizeof found) == 0)
            return place;
    }
    return 0;
}

/* It may be busy for a moment: then it is let go, and stopped again. */
static unsigned long stop_in_call(pid_t pid, registers *regs)
{
    unsigned long place;
    seize(pid);
    for (int tries = 0; get_registers(pid, regs), (place = find_instruction(pid, regs)) == 0; tries++) {
        if (tries == TRIES)
            fail("it waits in no system call");
        trace(PTRACE_CONT, pid, 0, NULL);
        usleep(RETRY_US);
        stop(pid);
    }
    return place;
}

static void put_bytes(pid_t pid, const registers *regs, struct call *call)
{
    unsigned long at = (stack_of(regs) - FAR_BELOW) & ~15ul;
    for (int i = 0; i < ARGUMENTS; i++, at += BYTES_MAX) {
        if (call->size[i] == 0)
            continue;
        if (!copy_memory(pid, at, call->bytes[i], call->size[i], true))
            fail("its stack");
        call->arguments[i] = at;
    }
}

static long make_call(pid_t pid, const registers *saved, unsigned long place, const struct call *call)
{
    registers regs = *saved;
    prepare(&regs, place, call);
    set_registers(pid, &regs);
    trace(PTRACE_SYSCALL, pid, 0, NULL);
    await(pid, PTRACE_SYSCALL, AT_CALL);
    put_number(pid, call);
    trace(PTRACE_SYSCALL, pid, 0, NULL);
    await(pid, PTRACE_SYSCALL, AT_CALL);
    get_registers(pid, &regs);
    return result_of(&regs);
}

/* To the next call that it makes by itself: whom the call before has killed does not come so far. */
static void let_go(pid_t pid, registers *saved, unsigned long place)
{
    restart(saved, place);
    set_registers(pid, saved);
    trace(PTRACE_SYSCALL, pid, 0, NULL);
    await(pid, PTRACE_SYSCALL, AT_CALL);
    trace(PTRACE_DETACH, pid, 0, NULL);
}

/* -- the command line -- */

static unsigned long read_number(const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 0); /* takes a sign too */
    if (end == text || *end != '\0' || errno != 0)
        usage("that is no number");
    return value;
}

static void read_argument(char *text, struct call *call, int i)
{
    static char zeros[BYTES_MAX];
    if (strncmp(text, "s:", 2) == 0) {
        call->bytes[i] = text + 2;
        call->size[i] = strlen(text + 2) + 1;
    } else if (strncmp(text, "z:", 2) == 0) {
        call->bytes[i] = zeros;
        call->size[i] = read_number(text + 2);
    } else {
        call->arguments[i] = read_number(text);
    }
    if (call->size[i] > BYTES_MAX)
        usage("that is too much for the stack");
}

static long read_call(const char *name)
{
    if ((*name >= '0' && *name <= '9') || *name == '-')
        return (long)read_number(name);
    int number = seccomp_syscall_resolve_name(name);
    if (number < 0)
        usage("this machine has no such call");
    return number;
}

static void print_result(long value)
{
    const char *name = value < 0 && value >= -ERROR_MAX ? strerrorname_np((int)-value) : NULL;
    if (name)
        printf("returned -%s\n", name);
    else
        printf("returned %ld\n", value);
}

int main(int argc, char **argv)
{
    struct call call = { 0 };
    registers saved;
    if (argc < 3 || argc > 3 + ARGUMENTS)
        usage("too few or too many words");
    pid_t pid = (pid_t)read_number(argv[1]);
    call.number = read_call(argv[2]);
    for (int i = 3; i < argc; i++)
        read_argument(argv[i], &call, i - 3);
    unsigned long place = stop_in_call(pid, &saved);
    put_bytes(pid, &saved, &call);
    long value = make_call(pid, &saved, place, &call);
    let_go(pid, &saved, place);
    print_result(value);
    return 0;
}
