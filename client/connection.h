/* One stream to a signer: its socket and the bytes that arrived and were not yet taken.
 * Nothing here locks: one thread may receive while another sends, no more than that.
 * Sockets are non-blocking once connected, close-on-exec, and never raise SIGPIPE. */
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
    int fd; /* -1: none */
    uint8_t *bytes;
    size_t start, length, capacity; /* bytes[start .. start + length) are not yet taken */
};

#define CONNECTION_NONE ((struct connection){ .fd = -1 })

/* Writes the socket's path to `path`: `chosen`, else $SIGNER_SOCKET, else
 * $RUNTIME_DIRECTORY/signer.sock, else /run/signer/signer.sock. INVALID_ARGUMENT if it is too
 * long for a socket address. */
enum signer_status connection_path(const char *chosen, char path[static CONNECTION_PATH_SIZE],
                                   struct signer_error *error) __attribute__((warn_unused_result));

/* Connects; `connection` must be CONNECTION_NONE or closed. Each way to fail has its message. */
enum signer_status connection_open(struct connection *connection, const char *path, uint64_t deadline,
                                   struct signer_error *error) __attribute__((warn_unused_result));

/* Ends both directions and leaves the descriptor, so that a thread in a call on it comes back
 * and the number is not given to another file meanwhile. */
void connection_shutdown(struct connection *connection);

/* Closes the descriptor and frees the buffer. */
void connection_close(struct connection *connection);

/* Sends what the socket takes at once. Returns the count, 0 if it takes nothing, -1 if the
 * peer is gone. */
ssize_t connection_send(struct connection *connection, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Waits for POLLIN or POLLOUT and returns those of `events` that are so, or 0 at the deadline or
 * after an interruption. A peer that is gone counts as readable and writable. */
short connection_poll(const struct connection *connection, short events, uint64_t deadline);

enum connection_result {
    CONNECTION_BYTES,  /* something arrived */
    CONNECTION_IDLE,   /* nothing is there */
    CONNECTION_ENDED,  /* the peer closed or reset it */
    CONNECTION_MEMORY, /* no memory for what arrives */
};

/* Receives what is there, at most what the buffer has room for. The buffer grows by doubling,
 * when a frame within its bound fills it: a prefix alone never makes it larger. */
enum connection_result connection_fill(struct connection *connection) __attribute__((warn_unused_result));

/* Takes the next whole frame out of the buffer. *frame is valid until connection_fill. */
enum frame_result connection_next(struct connection *connection, struct slice *frame)
    __attribute__((warn_unused_result));

#endif
