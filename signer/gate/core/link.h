/* The gate's end of a socketpair to a room: never blocks, reads answers while it has bytes to
 * send, so that neither side can wait for the other. */
#ifndef SIGNER_LINK_H
#define SIGNER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signer/ipc/message.h"

struct link {
    int fd;
    const char *name; /* "store", "vault 0": for messages */
    uint8_t *in, *out;
    size_t in_end, in_size;
    size_t out_start, out_end, out_size;
    bool watched; /* its owner waits for it to become writable */
};

struct body_part {
    const void *data;
    size_t length;
};

/* Takes over a descriptor, which becomes non-blocking. False for want of memory. */
bool link_open(struct link *link, int fd, const char *name) __attribute__((warn_unused_result));
void link_close(struct link *link);

/* Queues a message: its length is computed from the parts. False for want of memory. */
bool link_send(struct link *link, struct message header, const struct body_part *parts, size_t count)
    __attribute__((warn_unused_result));

/* Sends what the kernel takes. False: the room is gone. */
bool link_flush(struct link *link) __attribute__((warn_unused_result));
bool link_has_output(const struct link *link);
/* Bytes that the kernel has not taken yet. */
size_t link_output(const struct link *link);

/* Reads once and hands every whole answer to `take`. False: the room is gone or broken. */
typedef void link_handle(void *context, const struct message *answer, const uint8_t *body);
bool link_receive(struct link *link, link_handle *take, void *context) __attribute__((warn_unused_result));

#endif
