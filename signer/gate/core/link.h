/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's end of a socketpair to a worker. It never blocks, and reads answers even while it has bytes to send, so
 * that the two cannot deadlock. */
#ifndef SIGNER_GATE_CORE_LINK_H
#define SIGNER_GATE_CORE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signer/ipc/message.h"

struct link {
    int fd;
    const char *name; /* "the store", "vault 0": for the log; not owned */
    uint8_t *in, *out;
    size_t in_end, in_size;
    size_t out_start, out_end, out_size;
    bool watched; /* epoll watches for it to become writable */
};

struct body_part {
    const void *data;
    size_t length;
};

/* Takes ownership of `fd` and makes it non-blocking. False: out of memory, or fcntl failed. */
bool link_open(struct link *link, int fd, const char *name) __attribute__((warn_unused_result));
void link_close(struct link *link);

/* Copies a message into the output buffer; sets the header's length from the parts. False: out of memory. */
bool link_send(struct link *link, struct message header, const struct body_part *parts, size_t count)
    __attribute__((warn_unused_result));

/* Sends as much as the kernel accepts. False: the worker is gone. */
bool link_flush(struct link *link) __attribute__((warn_unused_result));
bool link_has_output(const struct link *link);
/* Bytes that are not sent yet. */
size_t link_output(const struct link *link);

/* Receives once and passes every whole answer to `take`; the body is valid only during that call. False: the worker is
 * gone or broken, or out of memory. */
typedef void link_handle(void *context, const struct message *answer, const uint8_t *body);
bool link_receive(struct link *link, link_handle *take, void *context) __attribute__((warn_unused_result));

#endif
