#include "signer/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/courier.h"
#include "signer/process/harden.h"
#include "signer/process/log.h"

enum { OUT_OF_THE_WAY = 16 };

static pid_t fork_or_die(void)
{
    pid_t pid = fork();
    if (pid < 0)
        log_die("fork: %s", strerror(errno));
    return pid;
}

static void make_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        log_die("socketpair: %s", strerror(errno));
}

/* Moves descriptors to ROOM_SOCKET, ROOM_SOCKET + 1, … in this order and closes every other one. */
static void keep_only(int *const *descriptors, int count)
{
    int high[8];
    for (int i = 0; i < count; i++)
        if ((high[i] = fcntl(*descriptors[i], F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)) < 0)
            log_die("fcntl: %s", strerror(errno));
    for (int i = 0; i < count; i++)
        if ((*descriptors[i] = dup2(high[i], ROOM_SOCKET + i)) < 0)
            log_die("dup2: %s", strerror(errno));
    if (close_range((unsigned)(ROOM_SOCKET + count), ~0u, 0) != 0)
        log_die("close_range: %s", strerror(errno));
}

int spawn_store(struct store_setup *setup)
{
    int pair[2];
    make_pair(pair);
    if (fork_or_die() == 0) {
        struct directory *directory = &setup->directory;
        setup->fd = pair[1];
        keep_only((int *const[]){ &setup->fd, &directory->root, &directory->keys, &directory->certs,
                                  &directory->records, &directory->lock },
                  6);
        harden_ignore_signals();
        store_run(setup);
    }
    close(pair[1]);
    return pair[0];
}

int spawn_vault(struct vault_setup *setup)
{
    int pair[2];
    make_pair(pair);
    if (fork_or_die() == 0) {
        setup->fd = pair[1];
        keep_only((int *const[]){ &setup->fd }, 1);
        harden_ignore_signals();
        vault_run(setup);
    }
    close(pair[1]);
    return pair[0];
}

void spawn_hear(int room, const char *name, struct room_hello *out)
{
    struct message header;
    if (!message_read_fully(room, &header, sizeof header) || header.op != MESSAGE_HELLO || header.length != sizeof *out
        || !message_read_fully(room, out, sizeof *out))
        log_die("%s did not start", name);
}

void spawn_courier(const char *kek, const char *keystore, const struct header *header, const int *vaults,
                   unsigned count)
{
    int status = 0;
    pid_t pid = fork_or_die();
    if (pid == 0)
        courier_run(kek, keystore, header, vaults, count);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        _exit(1); /* the courier has said why */
}
