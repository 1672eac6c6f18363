/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/sandbox_supervisor.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/process/log.h"
#include "signer/sandbox/syscalls.h"

enum { NOT_YET = -1, NEVER = -2, TRY_EVERY_MS = 1 };

static atomic_int *announced; /* in memory that the room and its sandbox supervisor share */

/* Logs each call once, however often it is made. */
static void name(enum room room, int number)
{
    static bool seen[SYSCALL_HIGHEST + 1];
    bool in_range = number >= 0 && number <= SYSCALL_HIGHEST;
    if (in_range && seen[number])
        return;
    if (in_range)
        seen[number] = true;
    char *text = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    log_warning("sandbox: %s: would not be allowed to call %s (%d)", room_name(room), text ? text : "an unknown call",
                number);
    free(text);
}

static void let_happen(enum room room, int notifications, struct seccomp_notif *told, struct seccomp_notif_resp *answer)
{
    memset(told, 0, sizeof *told);
    if (seccomp_notify_receive(notifications, told) != 0)
        return; /* interrupted, or the room is gone */
    name(room, told->data.nr);
    *answer = (struct seccomp_notif_resp){ .id = told->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
    (void)seccomp_notify_respond(notifications, answer);
}

/* Exits if there will be no descriptor, because the room has no filter or is gone. */
static int wait_for_descriptor(int process)
{
    int notifications;
    struct pollfd gone = { .fd = process, .events = POLLIN };
    while ((notifications = atomic_load(announced)) == NOT_YET)
        if (poll(&gone, 1, TRY_EVERY_MS) > 0)
            _exit(0);
    if (notifications == NEVER)
        _exit(0);
    return notifications;
}

/* Until the room ends. Its pidfd reports that; the seccomp descriptor would not before the zombie is reaped. */
static _Noreturn void watch(enum room room, int process)
{
    struct seccomp_notif *told = NULL;
    struct seccomp_notif_resp *answer = NULL;
    int notifications = wait_for_descriptor(process);
    if (seccomp_notify_alloc(&told, &answer) != 0)
        _exit(1);
    for (;;) {
        struct pollfd ready[] = { { .fd = notifications, .events = POLLIN }, { .fd = process, .events = POLLIN } };
        if (poll(ready, 2, -1) > 0 && ready[1].revents)
            _exit(0);
        if (ready[0].revents & POLLIN)
            let_happen(room, notifications, told, answer);
    }
}

/* With CLONE_FILES the room's future seccomp notification descriptor is also the sandbox supervisor's. */
static long clone_with_files(void)
{
    return syscall(SYS_clone, CLONE_FILES, NULL, NULL, NULL, NULL);
}

void sandbox_supervisor_start(enum room room)
{
    int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
    announced = mmap(NULL, sizeof *announced, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (process < 0 || announced == MAP_FAILED)
        log_die("%s: no sandbox supervisor: %s", room_name(room), strerror(errno));
    atomic_store(announced, NOT_YET);
    long child = clone_with_files(); /* its child is the supervisor, an orphan that the room need not wait for */
    if (child == 0 && clone_with_files() == 0)
        watch(room, process);
    if (child == 0)
        _exit(0);
    if (child < 0 || waitpid((pid_t)child, NULL, (int)__WCLONE) < 0)
        log_die("%s: no sandbox supervisor: %s", room_name(room), strerror(errno));
}

void sandbox_supervisor_attach(int notifications)
{
    atomic_store(announced, notifications);
}

void sandbox_supervisor_dismiss(void)
{
    atomic_store(announced, NEVER);
}
