/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/peer.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/time.h"
#include "client/connection.h"

enum { CONNECT_S = 30, OVERFLOW_UID = 65534 };

enum signer_status peer_find(const char *path, struct peer *out, struct signer_error *error)
{
    struct connection connection = CONNECTION_NONE;
    struct ucred who;
    socklen_t length = sizeof who;
    *out = PEER_NONE;
    const uint64_t deadline = time_monotonic_ns() + CONNECT_S * TIME_NS_PER_S;
    const struct connection_server whoever = { .any = true };
    enum signer_status status = connection_open(&connection, path, &whoever, deadline, error);
    if (status != SIGNER_OK)
        return status;
    int result = getsockopt(connection.fd, SOL_SOCKET, SO_PEERCRED, &who, &length);
    connection_close(&connection);
    if (result != 0) {
        *error = (struct signer_error){ .status = SIGNER_INTERNAL, .reason = "INTERNAL" };
        snprintf(error->message, sizeof error->message, "the kernel does not say who listens there: %s",
                 strerror(errno));
        return error->status;
    }
    *out = (struct peer){ who.uid, who.pid, who.pid > 0 ? (int)syscall(SYS_pidfd_open, who.pid, 0) : -1 };
    return SIGNER_OK;
}

void peer_close(struct peer *peer)
{
    if (peer->process >= 0)
        close(peer->process);
    *peer = PEER_NONE;
}

bool peer_has_ended(const struct peer *peer)
{
    struct pollfd watched = { .fd = peer->process, .events = POLLIN };
    return peer->process >= 0 && poll(&watched, 1, 0) > 0;
}

void peer_user(uid_t uid, char out[static PEER_USER])
{
    const struct passwd *user = getpwuid(uid);
    if (user)
        snprintf(out, PEER_USER, "uid %u (%.32s)", (unsigned)uid, user->pw_name);
    else
        snprintf(out, PEER_USER, "uid %u", (unsigned)uid);
}

bool peer_is_unmapped(uid_t uid)
{
    return uid == OVERFLOW_UID || uid == (uid_t)-1;
}
