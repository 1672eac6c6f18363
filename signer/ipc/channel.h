/* SPDX-License-Identifier: Apache-2.0 */
/* A room's end of its socketpair to the gate: blocking, one descriptor. Answers are coalesced: they gather in a buffer
 * and leave in one write. */
#ifndef SIGNER_IPC_CHANNEL_H
#define SIGNER_IPC_CHANNEL_H

#include "signer/ipc/message.h"

struct channel {
    int fd;
    uint8_t *in, *out; /* owned by the room, sized below */
    size_t in_start, in_end, out_used;
    void (*before_sending)(void); /* runs before each write of answers; may be NULL */
};

enum {
    CHANNEL_IN_SIZE = 2 * (MESSAGE_BODY_MAX + (int)sizeof(struct message)),
    CHANNEL_OUT_SIZE = 2 * (RESPONSE_MAX + (int)sizeof(struct message)),
    CHANNEL_ANSWER_MAX = RESPONSE_MAX, /* of one answer's body */
};

/* Blocks until there is at least one whole message, or one whose header is impossible. False: the gate is gone. */
bool channel_fill(struct channel *channel) __attribute__((warn_unused_result));

/* The next whole message, without blocking; NULL if there is none. The message and the body behind it are valid until
 * the next channel_fill. *broken: the header's length is over MESSAGE_BODY_MAX, and the room must end. */
const struct message *channel_next(struct channel *channel, bool *broken);

/* Space for an answer's body of at most `length` bytes, to be written in place before channel_answer. Writes the
 * earlier answers first if they leave too little space. NULL: `length` is over CHANNEL_ANSWER_MAX, or the gate is
 * gone. */
uint8_t *channel_reserve(struct channel *channel, size_t length);
/* Adds the answer to `question` whose `length` body bytes are in the reserved space; copies `key`, NULL for zeros. */
void channel_answer(struct channel *channel, const struct message *question, unsigned status, size_t length,
                    const uint8_t *key);

/* Sends a message that answers no question, at once. False: the gate is gone. */
bool channel_send(struct channel *channel, enum message_op op, const void *body, size_t length)
    __attribute__((warn_unused_result));

/* Writes all answers. False: the gate is gone. */
bool channel_flush(struct channel *channel) __attribute__((warn_unused_result));

#endif
