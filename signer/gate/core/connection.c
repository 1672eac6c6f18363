/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/frame.h"
#include "proto/limits.h"

enum { IN_FIRST = 4096, IN_MAX = FRAME_PREFIX + SIGN_REQUEST_MAX, OUT_FIRST = 4096 };

size_t connection_input_total, connection_output_total;

struct connection *connection_new(int fd, struct peer *peer, const struct rights *rights)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection) {
        connection->fd = fd;
        connection->peer = peer;
        connection->rights = *rights;
        connection->fast.crowd = &peer->fast;
        connection->slow.crowd = &peer->slow;
        connection->loading.crowd = &peer->loading;
        connection->reads.crowd = &peer->reads;
        connection->changes.crowd = &peer->changes;
        connection->inspecting.crowd = &peer->inspecting;
    }
    return connection;
}

void connection_drop_input(struct connection *connection)
{
    connection_input_total -= connection->in_size;
    connection->peer->input -= connection->in_size;
    free(connection->in);
    connection->in = NULL;
    connection->in_start = connection->in_end = connection->in_size = 0;
}

void connection_drop_output(struct connection *connection)
{
    connection_output_total -= connection->out_size;
    connection->peer->output -= connection->out_size;
    free(connection->out);
    connection->out = NULL;
    connection->out_start = connection->out_end = connection->out_size = 0;
}

void connection_free(struct connection *connection)
{
    connection_drop_input(connection);
    connection_drop_output(connection);
    close(connection->fd);
    free(connection);
}

/* -- input -- */

/* Makes space to receive into. The buffer doubles as bytes arrive; the length in a frame's prefix is not trusted. */
static bool grow_input(struct connection *connection)
{
    if (connection->in_start > 0) {
        memmove(connection->in, connection->in + connection->in_start, connection->in_end - connection->in_start);
        connection->in_end -= connection->in_start;
        connection->in_start = 0;
    }
    if (connection->in_end < connection->in_size)
        return true;
    size_t size = connection->in_size ? 2 * connection->in_size : IN_FIRST;
    if (size > IN_MAX)
        size = IN_MAX;
    size_t more = size - connection->in_size;
    connection->starved = connection_input_total + more > CONNECTION_INPUT_TOTAL_MAX;
    if (more == 0 || connection->starved)
        return false;
    uint8_t *grown = realloc(connection->in, size);
    if (!grown)
        return false;
    connection_input_total += more;
    connection->peer->input += more;
    connection->in = grown;
    connection->in_size = size;
    return true;
}

bool connection_receive(struct connection *connection)
{
    if (!grow_input(connection))
        return false;
    ssize_t n = recv(connection->fd, connection->in + connection->in_end, connection->in_size - connection->in_end,
                     MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (n == 0)
        connection->ended = true;
    connection->in_end += (size_t)n;
    return true;
}

bool connection_may_read(const struct connection *connection)
{
    return !connection->closing && !connection->dead && !connection->blocked
        && connection->in_flight < IN_FLIGHT_PER_CONNECTION && connection->kept < KEPT_PER_CONNECTION
        && connection_output(connection) + connection->reserved < OUTPUT_PER_CONNECTION / 2;
}

enum frame_result connection_next_frame(struct connection *connection, struct slice *payload)
{
    size_t length = 0;
    size_t available = connection->in_end - connection->in_start;
    if (available == 0) {
        if (connection->in)
            connection_drop_input(connection); /* an idle connection holds no buffer */
        return FRAME_NEED_MORE;
    }
    const uint8_t *at = connection->in + connection->in_start;
    enum frame_result result = frame_look(at, available, SIGN_REQUEST_MAX, &length);
    if (result != FRAME_WHOLE)
        return result;
    *payload = (struct slice){ at + FRAME_PREFIX, length };
    connection->in_start += FRAME_PREFIX + length;
    return FRAME_WHOLE;
}

bool connection_has_frame(const struct connection *connection)
{
    size_t length, available = connection->in_end - connection->in_start;
    return available > 0
        && frame_look(connection->in + connection->in_start, available, SIGN_REQUEST_MAX, &length) != FRAME_NEED_MORE;
}

/* -- output -- */

size_t connection_output(const struct connection *connection)
{
    return connection->out_end - connection->out_start;
}

/* The size that the buffer needs, in doublings of its first. */
static size_t size_for(const struct connection *connection, size_t bytes)
{
    size_t size = connection->out_size ? connection->out_size : OUT_FIRST;
    while (size < bytes)
        size *= 2;
    return size;
}

size_t connection_output_growth(const struct connection *connection, size_t need)
{
    return size_for(connection, connection_output(connection) + need) - connection->out_size;
}

static bool grow_output(struct connection *connection, size_t need)
{
    size_t used = connection_output(connection);
    if (used + need > OUTPUT_PER_CONNECTION + RESPONSE_MAX)
        return false;
    if (need <= connection->out_size - connection->out_end)
        return true;
    if (used > 0 && connection->out_start > 0)
        memmove(connection->out, connection->out + connection->out_start, used);
    connection->out_start = 0;
    connection->out_end = used;
    if (need <= connection->out_size - used)
        return true;
    size_t size = size_for(connection, used + need), more = size - connection->out_size;
    uint8_t *grown = realloc(connection->out, size);
    if (!grown)
        return false;
    connection_output_total += more;
    connection->peer->output += more;
    connection->out = grown;
    connection->out_size = size;
    return true;
}

bool connection_put_short(struct connection *connection, const struct response *response)
{
    size_t length = 0;
    if (connection->out_end < connection->out_size && connection->out_size == OUT_FIRST)
        length = response_encode(response, connection->out + connection->out_end,
                                 connection->out_size - connection->out_end);
    connection->out_end += length;
    return length > 0;
}

bool connection_put(struct connection *connection, const struct response *response, size_t length)
{
    if (!grow_output(connection, length))
        return false;
    connection->out_end += response_encode(response, connection->out + connection->out_end,
                                           connection->out_size - connection->out_end);
    return true;
}

bool connection_flush(struct connection *connection)
{
    while (connection_output(connection) > 0) {
        ssize_t n = send(connection->fd, connection->out + connection->out_start, connection_output(connection),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        connection->blocked = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (n < 0)
            return connection->blocked;
        connection->out_start += (size_t)n;
        connection->out_sent += (uint64_t)n;
    }
    connection->blocked = false;
    connection->out_start = connection->out_end = 0;
    if (connection->out_size > OUT_FIRST)
        connection_drop_output(connection);
    return true;
}
