/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ipc/room_fork.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "signer/process/log.h"
#include "signer/process/process_name.h"
#include "signer/process/signals.h"
#include "signer/sandbox/room.h"

enum { OUT_OF_THE_WAY = 16, DESCRIPTORS_MAX = 8 };

/* Moves the descriptors to ROOM_SOCKET, ROOM_SOCKET + 1, … and closes all others from there on. */
static void keep_only(int *const *descriptors, int count)
{
    int high[DESCRIPTORS_MAX];
    for (int i = 0; i < count; i++)
        if ((high[i] = fcntl(*descriptors[i], F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)) < 0)
            log_die("fcntl: %s", strerror(errno));
    for (int i = 0; i < count; i++)
        if ((*descriptors[i] = dup2(high[i], ROOM_SOCKET + i)) < 0)
            log_die("dup2: %s", strerror(errno));
    if (close_range((unsigned)(ROOM_SOCKET + count), ~0u, 0) != 0)
        log_die("close_range: %s", strerror(errno));
}

int room_fork(const char *name, int *const *descriptors, int count, void (*run)(const void *setup), const void *setup)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        log_die("socketpair: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        log_die("fork: %s", strerror(errno));
    if (pid == 0) {
        process_name_set(name);
        *descriptors[0] = pair[1];
        keep_only(descriptors, count);
        signals_ignore();
        run(setup);
        _exit(1);
    }
    close(pair[1]);
    return pair[0];
}

void room_fork_receive_hello(int room, const char *name, struct room_hello *out)
{
    struct message header;
    if (!io_read_exactly(room, &header, sizeof header) || header.op != MESSAGE_HELLO || header.length != sizeof *out
        || !io_read_exactly(room, out, sizeof *out))
        log_die("%s did not start", name);
}
