/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ipc/channel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

/* The header at the start of the input, or NULL. It is aligned, because senders pad bodies to 8 bytes. */
static const struct message *first(const struct channel *channel)
{
    if (channel->in_end - channel->in_start < sizeof(struct message))
        return NULL;
    return (const struct message *)(const void *)(channel->in + channel->in_start);
}

static size_t padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

static bool has_whole(const struct channel *channel)
{
    const struct message *message = first(channel);
    return message
        && (message->length > MESSAGE_BODY_MAX
            || channel->in_end - channel->in_start - sizeof *message >= padded(message->length));
}

bool channel_fill(struct channel *channel)
{
    memmove(channel->in, channel->in + channel->in_start, channel->in_end - channel->in_start);
    channel->in_end -= channel->in_start;
    channel->in_start = 0;
    do {
        ssize_t n = io_read_some(channel->fd, channel->in + channel->in_end, CHANNEL_IN_SIZE - channel->in_end);
        if (n <= 0)
            return false;
        channel->in_end += (size_t)n;
    } while (!has_whole(channel));
    return true;
}

const struct message *channel_next(struct channel *channel, bool *broken)
{
    const struct message *message = first(channel);
    *broken = message && message->length > MESSAGE_BODY_MAX;
    if (!message || *broken || !has_whole(channel))
        return NULL;
    channel->in_start += sizeof *message + padded(message->length);
    return message;
}

uint8_t *channel_reserve(struct channel *channel, size_t length)
{
    size_t need = sizeof(struct message) + padded(length);
    if (length > CHANNEL_ANSWER_MAX || (need > CHANNEL_OUT_SIZE - channel->out_used && !channel_flush(channel)))
        return NULL;
    return channel->out + channel->out_used + sizeof(struct message);
}

void channel_answer(struct channel *channel, const struct message *question, unsigned status, size_t length,
                    const uint8_t *key)
{
    struct message answer = {
        .length = (uint32_t)length, .op = question->op, .status = (uint16_t)status, .tag = question->tag
    };
    if (key)
        memcpy(answer.key, key, sizeof answer.key);
    uint8_t *at = channel->out + channel->out_used;
    memcpy(at, &answer, sizeof answer);
    memset(at + sizeof answer + length, 0, padded(length) - length);
    channel->out_used += sizeof answer + padded(length);
}

bool channel_send(struct channel *channel, enum message_op op, const void *body, size_t length)
{
    const struct message nobody = { .op = (uint16_t)op };
    uint8_t *out = channel_reserve(channel, length);
    if (!out)
        return false;
    if (length > 0)
        memcpy(out, body, length);
    channel_answer(channel, &nobody, 0, length, NULL);
    return channel_flush(channel);
}

bool channel_flush(struct channel *channel)
{
    if (channel->before_sending)
        channel->before_sending();
    bool sent = io_write_all(channel->fd, channel->out, channel->out_used);
    channel->out_used = 0;
    return sent;
}
