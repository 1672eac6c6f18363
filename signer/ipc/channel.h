/* The end of a room beyond the gate: blocking, one descriptor, a batch of messages at a time. */
#ifndef SIGNER_IPC_CHANNEL_H
#define SIGNER_IPC_CHANNEL_H

#include "signer/ipc/message.h"

struct channel {
    int fd;
    uint8_t *in, *out; /* owned by the room, sized below */
    size_t in_start, in_end, out_used;
    void (*before_sending)(void); /* runs before answers leave, a part of a batch too; may be NULL */
};

enum {
    CHANNEL_IN_SIZE = 2 * (MESSAGE_BODY_MAX + (int)sizeof(struct message)),
    CHANNEL_OUT_SIZE = 2 * (RESPONSE_MAX + (int)sizeof(struct message)),
    CHANNEL_ANSWER_MAX = RESPONSE_MAX, /* of one answer's body */
};

/* Blocks until there is at least one whole message or the gate is gone. False: the end. */
bool channel_fill(struct channel *channel) __attribute__((warn_unused_result));

/* The next whole message, without blocking; NULL when there is none. It and the body behind it
 * are valid until the next channel_fill. *broken is set where the header's length is impossible. */
const struct message *channel_next(struct channel *channel, bool *broken);

/* Room for an answer's body of `length` bytes at most, to be written in place. */
uint8_t *channel_reserve(struct channel *channel, size_t length);
/* Adds an answer whose `length` body bytes are in place already. */
void channel_answer(struct channel *channel, const struct message *question, unsigned status, size_t length,
                    const uint8_t *key);

/* Says something that answers no question, at once. False: the gate is gone. */
bool channel_send(struct channel *channel, enum message_op op, const void *body, size_t length)
    __attribute__((warn_unused_result));

/* Writes all answers. False: the gate is gone. */
bool channel_flush(struct channel *channel) __attribute__((warn_unused_result));

#endif
