/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/time.h"
#include "client/deadline.h"
#include "client/error.h"
#include "proto/limits.h"

enum { BUFFER_FIRST = 16 * 1024, BUFFER_MAX = FRAME_PREFIX + RESPONSE_MAX };

static struct pin {
    char path[CONNECTION_PATH_SIZE];
    pid_t pid; /* 0: this place is free */
} pins[CONNECTION_PINS];

/* -- connecting -- */

/* The first directory on the way to `path` that this process may not enter. False: it may enter each of them. */
static bool find_closed(const char *path, char out[static CONNECTION_PATH_SIZE])
{
    struct stat is;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        char inside[CONNECTION_PATH_SIZE + 1]; /* its "." can be looked at only from inside */
        snprintf(inside, sizeof inside, "%.*s/.", (int)(slash - path), path);
        if (stat(inside, &is) == 0 || errno != EACCES)
            continue;
        snprintf(out, CONNECTION_PATH_SIZE, "%.*s", (int)(slash - path), path);
        return true;
    }
    return false;
}

/* The socket is there, but not for this uid: it, or a directory before it, is closed. */
static enum signer_status denied(struct signer_error *error, const char *path)
{
    char closed[CONNECTION_PATH_SIZE];
    unsigned uid = (unsigned)geteuid();
    if (find_closed(path, closed))
        return error_set(error, SIGNER_PERMISSION_DENIED, ERROR_REFUSED,
                         "uid %u may not enter %s, on the way to the socket %s: open that directory to it, or have the "
                         "signer serve elsewhere, in /run/signer for example",
                         uid, closed, path);
    return error_set(error, SIGNER_PERMISSION_DENIED, ERROR_REFUSED,
                     "uid %u may not open %s: start the signer with --allow uid=%u", uid, path, uid);
}

static enum signer_status refused(struct signer_error *error, const char *path, int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return error_set(error, SIGNER_UNAVAILABLE, ERROR_REFUSED,
                         "there is no socket %s: start the signer, or name its socket", path);
    case ECONNREFUSED:
        return error_set(error, SIGNER_UNAVAILABLE, ERROR_REFUSED, "no signer listens on %s: it has stopped, start it",
                         path);
    case EACCES:
    case EPERM: return denied(error, path);
    case EAGAIN:
        return error_set(error, SIGNER_DEADLINE_EXCEEDED, ERROR_TIMEOUT,
                         "the signer on %s did not accept a connection in time", path);
    default:
        return error_set(error, SIGNER_UNAVAILABLE, ERROR_REFUSED, "cannot connect to %s: %s", path, strerror(number));
    }
}

/* On a Unix socket, connect waits for room in the listener's backlog, limited by SO_SNDTIMEO. */
static int limit_connect(int fd, uint64_t deadline)
{
    uint64_t us = deadline_left(deadline) / 1000;
    if (us == 0) {
        errno = EAGAIN;
        return -1;
    }
    struct timeval span = { .tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000) };
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &span, sizeof span);
}

static int connect_until(int fd, const struct sockaddr_un *address, uint64_t deadline)
{
    do {
        if (limit_connect(fd, deadline) != 0)
            return -1;
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
            return fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
    } while (errno == EINTR);
    return -1;
}

/* NULL if there is none; a free one for the path "". */
static struct pin *find_pin(const char *path)
{
    for (struct pin *pin = pins; pin < pins + CONNECTION_PINS; pin++)
        if (strcmp(pin->path, path) == 0)
            return pin;
    return NULL;
}

bool connection_pin(const char *path, pid_t pid)
{
    struct pin *pin = find_pin("");
    if (pin) {
        snprintf(pin->path, sizeof pin->path, "%s", path);
        pin->pid = pid;
    }
    return pin;
}

void connection_unpin(const char *path)
{
    struct pin *pin = find_pin(path);
    if (pin)
        *pin = (struct pin){ .pid = 0 };
}

/* -- who serves -- */

/* The owner of the directory that the socket is in: nobody else can have put the socket there, unless everybody may. */
static bool is_owner_of_directory(uid_t uid, const char *path)
{
    char directory[CONNECTION_PATH_SIZE];
    struct stat is;
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    return stat(directory, &is) == 0 && is.st_uid == uid;
}

static enum signer_status unexpected(struct signer_error *error, const char *path,
                                     const struct connection_server *server, uid_t uid)
{
    if (server->given)
        return error_set(error, SIGNER_PERMISSION_DENIED, ERROR_SERVER,
                         "uid %u serves %s, and uid %u is expected there (expect_uid): nothing was sent to it", uid,
                         path, server->uid);
    return error_set(
        error, SIGNER_PERMISSION_DENIED, ERROR_SERVER,
        "uid %u serves %s, which is neither root nor the owner of that directory: nothing was sent to it; if "
        "the signer runs as that user, say so with SIGNER_EXPECT_UID=%u or expect_uid",
        uid, path, uid);
}

/* SO_PEERCRED has the process that called listen, and its user at that time. */
static enum signer_status check_server(int fd, const char *path, const struct connection_server *server,
                                       struct signer_error *error)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    const struct pin *pin = find_pin(path);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return refused(error, path, errno);
    if (pin && peer.pid != pin->pid)
        return error_set(error, SIGNER_PERMISSION_DENIED, ERROR_SERVER,
                         "another process listens on %s than the signer that was started there", path);
    if (pin || server->any
        || (server->given ? peer.uid == server->uid : peer.uid == 0 || is_owner_of_directory(peer.uid, path)))
        return SIGNER_OK;
    return unexpected(error, path, server, peer.uid);
}

/* -- opening and closing -- */

/* A socket above the standard streams, which a daemon that closed them will open again by their numbers. */
static int make_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), number = errno;
    close(fd);
    errno = number;
    return above;
}

/* False: there is no such descriptor. */
static bool note_socket(struct connection *connection, int fd)
{
    struct stat is;
    if (fstat(fd, &is) != 0)
        return false;
    *connection = (struct connection){ .fd = fd, .device = is.st_dev, .inode = is.st_ino };
    return true;
}

enum signer_status connection_open(struct connection *connection, const char *path,
                                   const struct connection_server *server, uint64_t deadline,
                                   struct signer_error *error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = make_socket();
    if (fd < 0)
        return error_set(error, SIGNER_RESOURCE_EXHAUSTED, ERROR_REFUSED, "cannot make a socket for %s: %s", path,
                         strerror(errno));
    if (connect_until(fd, &address, deadline) != 0) {
        int number = errno;
        close(fd);
        return refused(error, path, number);
    }
    enum signer_status status = check_server(fd, path, server, error);
    if (status != SIGNER_OK) {
        close(fd);
        return status;
    }
    if (note_socket(connection, fd))
        return SIGNER_OK;
    return refused(error, path, errno);
}

bool connection_is_own(const struct connection *connection)
{
    struct stat is;
    return connection->fd >= 0 && fstat(connection->fd, &is) == 0 && S_ISSOCK(is.st_mode)
        && is.st_dev == connection->device && is.st_ino == connection->inode;
}

void connection_shutdown(struct connection *connection)
{
    if (connection_is_own(connection))
        shutdown(connection->fd, SHUT_RDWR);
}

void connection_leave(struct connection *connection)
{
    const struct connection left = *connection;
    connection->fd = -1; /* first, so that a child forked in between does not close the number again */
    if (connection_is_own(&left))
        close(left.fd);
}

void connection_close(struct connection *connection)
{
    connection_leave(connection);
    free(connection->bytes);
    *connection = CONNECTION_NONE;
}

/* -- sending and receiving -- */

ssize_t connection_send(struct connection *connection, const uint8_t *bytes, size_t length)
{
    ssize_t sent;
    if (!connection_is_own(connection))
        return -1;
    do
        sent = send(connection->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? 0 : -1;
}

short connection_poll(const struct connection *connection, short events, uint64_t deadline)
{
    if (!connection_is_own(connection))
        return events;
    struct pollfd watched = { .fd = connection->fd, .events = events };
    struct timespec left = time_to_timespec(deadline_left(deadline));
    if (ppoll(&watched, 1, &left, NULL) <= 0)
        return 0;
    if (watched.revents & (POLLHUP | POLLERR | POLLNVAL))
        return events;
    return watched.revents & events;
}

/* Makes room after the buffered bytes. False: out of memory. */
static bool make_room(struct connection *connection)
{
    if (connection->start > 0) {
        if (connection->length > 0)
            memmove(connection->bytes, connection->bytes + connection->start, connection->length);
        connection->start = 0;
    }
    if (connection->length < connection->capacity)
        return true;
    size_t capacity = connection->capacity ? 2 * connection->capacity : BUFFER_FIRST;
    if (capacity > BUFFER_MAX)
        capacity = BUFFER_MAX; /* not reached: connection_next takes or refuses every frame that would need more */
    uint8_t *bytes = realloc(connection->bytes, capacity);
    if (!bytes)
        return false;
    connection->bytes = bytes;
    connection->capacity = capacity;
    return true;
}

enum connection_result connection_fill(struct connection *connection)
{
    if (!make_room(connection))
        return CONNECTION_MEMORY;
    if (!connection_is_own(connection))
        return CONNECTION_ENDED;
    ssize_t got;
    do
        got = recv(connection->fd, connection->bytes + connection->length, connection->capacity - connection->length,
                   MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        connection->length += (size_t)got;
        return CONNECTION_BYTES;
    }
    return got < 0 && errno == EAGAIN ? CONNECTION_IDLE : CONNECTION_ENDED;
}

enum frame_result connection_next(struct connection *connection, struct slice *frame)
{
    size_t payload;
    if (connection->length == 0)
        return FRAME_NEED_MORE;
    const uint8_t *bytes = connection->bytes + connection->start;
    enum frame_result result = frame_look(bytes, connection->length, RESPONSE_MAX, &payload);
    if (result != FRAME_WHOLE)
        return result;
    *frame = (struct slice){ bytes + FRAME_PREFIX, payload };
    connection->start += FRAME_PREFIX + payload;
    connection->length -= FRAME_PREFIX + payload;
    if (connection->length == 0)
        connection->start = 0;
    return FRAME_WHOLE;
}
