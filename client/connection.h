/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to a signer: its socket and a buffer of received bytes. Not thread-safe, except that one thread may
 * receive while another sends. The socket is non-blocking once connected, close-on-exec, and never raises SIGPIPE.
 *
 * The process belongs to the application, which may close every descriptor, as daemons do, and open its own under the
 * same numbers. So the socket's device and inode are noted when it is made, and every function below compares them
 * before it uses the number: a socket that is gone is a connection that has ended, and what has its number now is
 * neither read, written, shut down nor closed. */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "client/signer.h"
#include "proto/frame.h"
#include "proto/values.h"

enum { CONNECTION_PATH_SIZE = sizeof(((struct sockaddr_un *)0)->sun_path) };

struct connection {
    int fd; /* -1: none; otherwise above 2, so that it is never taken for a standard stream */
    dev_t device;
    ino_t inode; /* of the socket: the number alone could be another file's by now */
    uint8_t *bytes;
    size_t start, length, capacity; /* bytes[start .. start + length) are received and not consumed yet */
};

#define CONNECTION_NONE ((struct connection){ .fd = -1 })

/* Who must serve a socket. */
struct connection_server {
    bool given; /* `uid` must; false: the owner of the directory that the socket is in, or root */
    uid_t uid;
    bool any; /* whoever it is: the caller finds out */
};

/* Connects. `connection` must be CONNECTION_NONE or closed. The message of the error says why and what to do.
 * PERMISSION_DENIED / SERVER_UNEXPECTED: somebody else serves there than `server`; nothing was sent. */
enum signer_status connection_open(struct connection *connection, const char *path,
                                   const struct connection_server *server, uint64_t deadline,
                                   struct signer_error *error) __attribute__((warn_unused_result));

/* From now on connection_open of this path succeeds only where process `pid` listens, whatever its uid. For a program
 * that started a signer itself, in a directory where others may put a socket in the place of the signer's. False:
 * CONNECTION_PINS are pinned already. Not thread-safe. The process must not be reaped meanwhile: its pid could become
 * another's. */
bool connection_pin(const char *path, pid_t pid) __attribute__((warn_unused_result));
void connection_unpin(const char *path);
enum { CONNECTION_PINS = 4 };

/* Whether the descriptor is still the socket that was connected. */
bool connection_is_own(const struct connection *connection) __attribute__((warn_unused_result));

/* Shuts down both directions but keeps the descriptor: a thread that is blocked on it returns, and its number is not
 * reused for another file in the meantime. */
void connection_shutdown(struct connection *connection);

/* Closes the socket and frees the buffer. */
void connection_close(struct connection *connection);

/* Closes the socket, and leaves the buffer alone: for a connection inherited by a fork, whose memory another thread of
 * the parent may have been changing. */
void connection_leave(struct connection *connection);

/* Sends as much as fits without blocking. Returns the number of bytes, 0 if nothing fits, -1 if the peer or the socket
 * is gone. */
ssize_t connection_send(struct connection *connection, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Waits for POLLIN or POLLOUT. Returns those of `events` that are ready, or 0 at the deadline or after a signal. If the
 * peer or the socket is gone, all of `events` are ready. */
short connection_poll(const struct connection *connection, short events, uint64_t deadline);

enum connection_result {
    CONNECTION_BYTES,  /* bytes were received */
    CONNECTION_IDLE,   /* there is nothing to receive now */
    CONNECTION_ENDED,  /* the peer closed or reset the connection, or the socket is gone */
    CONNECTION_MEMORY, /* out of memory for the buffer */
};

/* Receives without blocking, at most as much as the buffer has room for. The buffer is doubled only when received bytes
 * fill it: a prefix that announces a long frame does not enlarge it. */
enum connection_result connection_fill(struct connection *connection) __attribute__((warn_unused_result));

/* Consumes the next whole frame in the buffer. *frame is its payload, valid until connection_fill. */
enum frame_result connection_next(struct connection *connection, struct slice *frame)
    __attribute__((warn_unused_result));

#endif
