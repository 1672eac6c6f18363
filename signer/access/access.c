/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/access/access.h"

#include <string.h>
#include <unistd.h>

#include "signer/ipc/channel.h"

static struct channel channel;

/* The grants, or with another status the sentence that says what is wrong. */
static void answer(const struct access_place *place, const struct message *question)
{
    static struct access_grants grants;
    char why[ACCESS_WHY];
    bool read = access_file_read(place, &grants, why);
    size_t length = read ? grants.count * sizeof grants.grants[0] : strlen(why);
    uint8_t *body = channel_reserve(&channel, length);
    if (!body)
        _exit(0);
    memcpy(body, read ? (const void *)grants.grants : why, length);
    channel_answer(&channel, question, !read, length, NULL);
}

noreturn void access_run(const struct access_setup *setup)
{
    static uint8_t in[CHANNEL_IN_SIZE] __attribute__((aligned(16))), out[CHANNEL_OUT_SIZE] __attribute__((aligned(16)));
    struct room_hello hello = { 0 };
    bool broken = false;
    sandbox_enter(ROOM_ACCESS, &setup->terms, &hello.protections);
    channel = (struct channel){ .fd = setup->fd, .in = in, .out = out };
    if (!channel_send(&channel, MESSAGE_HELLO, &hello, sizeof hello))
        _exit(0);
    while (!broken && channel_fill(&channel)) {
        const struct message *question;
        while ((question = channel_next(&channel, &broken)))
            answer(&setup->place, question);
        if (!channel_flush(&channel))
            break;
    }
    _exit(broken);
}
