/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/sandbox_supervisor.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "signer/sandbox/filter.h"
#include "tests/unit/unit.h"

static int lines[2];

static void speak(void)
{
    dup2(lines[1], STDERR_FILENO);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    bool good = filter_install(ROOM_VAULT, SANDBOX_LOG) == ONLY_LOGGED;
    good = good && syscall(SYS_getuid) == (long)getuid() && syscall(SYS_getuid) == (long)getuid();
    good = good && syscall(1000) == -1; /* no call of this kernel */
    syscall(SYS_exit_group, good ? 42 : 1);
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        found++;
    return found;
}

/* The end of the pipe is the end of the witness, too: it holds the room's descriptors. */
static size_t read_all(char *out, size_t capacity)
{
    size_t length = 0;
    ssize_t n;
    while (length < capacity - 1 && (n = read(lines[0], out + length, capacity - 1 - length)) > 0)
        length += (size_t)n;
    out[length] = '\0';
    return length;
}

static void test_a_call_that_would_be_refused_is_named_once_and_happens(void)
{
    char said[4096];
    UNIT_NEED(pipe(lines) == 0);
    CU_ASSERT(unit_exit_of(speak) == 42);
    close(lines[1]);
    CU_ASSERT(read_all(said, sizeof said) > 0);
    CU_ASSERT(count(said, "sandbox: vault: would not be allowed to call getuid (") == 1);
    CU_ASSERT(count(said, "an unknown call (1000)") == 1);
    CU_ASSERT(count(said, "exit_group") == 0 && count(said, "write (") == 0);
}

/* One listener at a time is all that a kernel gives a process: with this one there is none for the room. */
static bool listen_already(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { 1, &allow };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) >= 0;
}

/* The witness, whose parent has gone, is this process's to wait for. */
static void lack_a_filter(void)
{
    dup2(lines[1], STDERR_FILENO);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    bool good = listen_already() && filter_install(ROOM_VAULT, SANDBOX_LOG) == NOT_IN_FORCE;
    alarm(20);
    good = good && waitpid(-1, NULL, __WALL) > 0;
    _exit(good ? 42 : 1);
}

static void test_a_room_without_a_filter_needs_no_witness(void)
{
    char said[4096];
    UNIT_NEED(pipe(lines) == 0);
    CU_ASSERT(unit_exit_of(lack_a_filter) == 42);
    close(lines[1]);
    CU_ASSERT(read_all(said, sizeof said) > 0 && count(said, "vault: no seccomp filter") == 1);
}

static void die_before_its_filter(void)
{
    sandbox_supervisor_start(ROOM_VAULT);
    _exit(42);
}

/* It shares the room's descriptors: the end of the pipe is its end. */
static void test_a_room_that_dies_before_its_filter_holds_nobody_up(void)
{
    struct pollfd end;
    UNIT_NEED(pipe(lines) == 0);
    CU_ASSERT(unit_exit_of(die_before_its_filter) == 42);
    close(lines[1]);
    end = (struct pollfd){ .fd = lines[0], .events = POLLIN };
    CU_ASSERT(poll(&end, 1, 20000) == 1 && (end.revents & POLLHUP));
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_a_call_that_would_be_refused_is_named_once_and_happens),
                                              UNIT_TEST(test_a_room_without_a_filter_needs_no_witness),
                                              UNIT_TEST(test_a_room_that_dies_before_its_filter_holds_nobody_up) };
    return UNIT_RUN("witness", tests);
}
