/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signer/ipc/channel.h"

enum { FIRST_SIZE = 64 * 1024, IN_MAX = CHANNEL_OUT_SIZE };

bool link_open(struct link *link, int fd, const char *name)
{
    *link = (struct link){ .fd = fd, .name = name, .in_size = FIRST_SIZE, .out_size = FIRST_SIZE };
    link->in = malloc(link->in_size);
    link->out = malloc(link->out_size);
    return link->in && link->out && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

void link_close(struct link *link)
{
    free(link->in);
    free(link->out);
    close(link->fd);
    *link = (struct link){ .fd = -1 };
}

static bool make_room(struct link *link, size_t need)
{
    if (need <= link->out_size - link->out_end)
        return true;
    memmove(link->out, link->out + link->out_start, link->out_end - link->out_start);
    link->out_end -= link->out_start;
    link->out_start = 0;
    if (need <= link->out_size - link->out_end)
        return true;
    size_t size = 2 * (link->out_end + need);
    uint8_t *grown = realloc(link->out, size);
    if (!grown)
        return false;
    link->out = grown;
    link->out_size = size;
    return true;
}

static void put(struct link *link, const void *data, size_t length)
{
    if (length > 0)
        memcpy(link->out + link->out_end, data, length);
    link->out_end += length;
}

bool link_send(struct link *link, struct message header, const struct body_part *parts, size_t count)
{
    static const uint8_t zeros[8] = { 0 };
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += parts[i].length;
    size_t padding = -length & 7;
    if (!make_room(link, sizeof header + length + padding))
        return false;
    header.length = (uint32_t)length;
    put(link, &header, sizeof header);
    for (size_t i = 0; i < count; i++)
        put(link, parts[i].data, parts[i].length);
    put(link, zeros, padding);
    return true;
}

size_t link_output(const struct link *link)
{
    return link->out_end - link->out_start;
}

bool link_has_output(const struct link *link)
{
    return link->out_end > link->out_start;
}

bool link_flush(struct link *link)
{
    while (link_has_output(link)) {
        ssize_t n = send(link->fd, link->out + link->out_start, link->out_end - link->out_start,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        link->out_start += (size_t)n;
    }
    link->out_start = link->out_end = 0;
    return true;
}

/* Passes on all whole messages and moves the rest to the front. */
static bool handle_all(struct link *link, link_handle *take, void *context)
{
    size_t at = 0;
    struct message header;
    while (link->in_end - at >= sizeof header) {
        memcpy(&header, link->in + at, sizeof header);
        size_t whole = sizeof header + ((header.length + (size_t)7) & ~(size_t)7);
        if (header.length > CHANNEL_ANSWER_MAX)
            return false;
        if (link->in_end - at < whole)
            break;
        take(context, &header, link->in + at + sizeof header);
        at += whole;
    }
    memmove(link->in, link->in + at, link->in_end - at);
    link->in_end -= at;
    return true;
}

static bool grow_input(struct link *link)
{
    if (link->in_end < link->in_size)
        return true;
    if (link->in_size >= IN_MAX)
        return false;
    uint8_t *grown = realloc(link->in, 2 * link->in_size);
    if (!grown)
        return false;
    link->in = grown;
    link->in_size *= 2;
    return true;
}

bool link_receive(struct link *link, link_handle *take, void *context)
{
    if (!grow_input(link))
        return false;
    ssize_t n = recv(link->fd, link->in + link->in_end, link->in_size - link->in_end, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (n == 0)
        return false;
    link->in_end += (size_t)n;
    return handle_all(link, take, context);
}
