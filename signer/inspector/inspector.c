/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/inspector/inspector.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/arena_hooks.h"
#include "pki/pem_chain.h"
#include "signer/inspector/chain.h"
#include "signer/ipc/channel.h"
#include "signer/process/log.h"

/* A question taken apart: what the key is, and what is said to be its chain. */
struct subject {
    const uint8_t *spki, *pem;
    size_t spki_length, pem_length;
};

static struct channel channel;

/* Fails closed: lengths that do not fit mean a broken or compromised gate. */
static struct subject take_apart(const struct message *question)
{
    const uint8_t *body = (const uint8_t *)(question + 1);
    struct inspect_body head;
    if (question->op != MESSAGE_INSPECT || question->length < sizeof head)
        _exit(1);
    memcpy(&head, body, sizeof head);
    size_t rest = question->length - sizeof head;
    if (head.spki_length > rest || rest - head.spki_length > REQUEST_MAX)
        _exit(1);
    return (struct subject){ .spki = body + sizeof head,
                             .pem = body + sizeof head + head.spki_length,
                             .spki_length = head.spki_length,
                             .pem_length = rest - head.spki_length };
}

/* OpenSSL reports that it is out of memory by many errors or by none, so the arena's count decides. */
static void answer(const struct message *question)
{
    const struct subject subject = take_apart(question);
    size_t length = 0, before = arena_shortages();
    uint8_t *out = channel_reserve(&channel, CERTIFICATE_MAX);
    if (!out)
        _exit(0);
    enum inspect_verdict verdict = chain_inspect(subject.spki, subject.spki_length, subject.pem, subject.pem_length,
                                                 out, &length);
    if (arena_shortages() > before)
        verdict = INSPECT_MEMORY;
    channel_answer(&channel, question, verdict, verdict == INSPECT_GOOD ? length : 0, NULL);
}

static bool start_openssl(void)
{
    return CRYPTO_set_mem_functions(arena_hooks_alloc, arena_hooks_realloc, arena_hooks_free) == 1 && pem_chain_start();
}

noreturn void inspector_run(const struct inspector_setup *setup)
{
    static uint8_t in[CHANNEL_IN_SIZE] __attribute__((aligned(16))), out[CHANNEL_OUT_SIZE] __attribute__((aligned(16)));
    struct room_hello hello = { 0 };
    bool broken = false;
    if (!arena_open(ARENA_MAX) || !start_openssl())
        log_die("inspector: cannot reserve its memory, or OpenSSL does not start");
    sandbox_enter(ROOM_INSPECTOR, &setup->terms, &hello.protections);
    channel = (struct channel){ .fd = setup->fd, .in = in, .out = out };
    if (!channel_send(&channel, MESSAGE_HELLO, &hello, sizeof hello))
        _exit(0);
    while (!broken && channel_fill(&channel)) {
        const struct message *question;
        while ((question = channel_next(&channel, &broken)))
            answer(question);
        if (!channel_flush(&channel))
            break;
    }
    _exit(broken);
}
