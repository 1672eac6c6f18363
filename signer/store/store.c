/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/store/store.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"
#include "signer/ipc/channel.h"
#include "signer/process/log.h"
#include "signer/store/listing.h"
#include "signer/store/watch.h"

enum {
    LOCK_DEADLINE_MS = 5000,
    LOCK_RETRY_MS = 10,
    QUIET_MS = 100, /* without a question, before leftover files are swept */
};

/* A change that waits for DIR/lock, while reads are still answered. */
struct change {
    struct message question;
    uint64_t give_up_ms;
    struct change *next;
    uint8_t body[];
};

static struct {
    struct directory directory;
    struct presence presence;
    struct channel channel;
    struct watch *watch;
    struct change *first, **last;
    enum fault closed; /* after this fault nothing more is changed: the state on disk is unknown (fails closed) */
    bool asked, swept;
    struct listing listing;
} store;

/* -- answers -- */

static uint8_t *reserve(size_t length)
{
    uint8_t *body = channel_reserve(&store.channel, length);
    if (!body)
        _exit(0);
    return body;
}

/* `length` body bytes are in place. For a fault of the file system the body is errno's text instead. */
static void answer(const struct message *question, enum fault fault, size_t length)
{
    if (fault == FAULT_STORE_IO || fault == FAULT_STORE_FULL) {
        const char *why = strerrordesc_np(errno);
        length = why ? strlen(why) : 0;
        uint8_t *body = reserve(length);
        memcpy(body, why, length);
    } else if (fault || length == 0) {
        length = 0;
        (void)reserve(0);
    }
    channel_answer(&store.channel, question, fault, length, NULL);
}

/* -- reading -- */

static void on_read(const struct message *question, const struct key_id *id)
{
    struct file_identity identity;
    size_t length = 0;
    uint8_t *body = reserve(SEALED_KEY_MAX);
    enum fault fault = directory_read_key(&store.directory, id, body, &length, &identity);
    if (fault == FAULT_KEY_UNKNOWN)
        fault = directory_absent_key(&store.directory, id);
    if (!fault && !watch_add(store.watch, id, &identity))
        fault = FAULT_MEMORY;
    answer(question, fault, length);
}

static void on_read_certificate(const struct message *question, const struct key_id *id)
{
    size_t length = 0;
    uint8_t *body = reserve(DIRECTORY_CERTIFICATE_MAX);
    enum fault fault = directory_read_certificate(&store.directory, id, body, &length);
    answer(question, fault, length);
}

static void on_list(const struct message *question, const struct key_id *after, uint32_t limit)
{
    uint8_t *body = reserve(LISTING_BODY_MAX);
    size_t length = 0;
    enum fault fault = listing_page(&store.listing, &store.directory, after, limit, body, &length);
    answer(question, fault, length);
}

/* Whether the header no longer lists this KEK, or lists it as retired. False for zeros, which are no KEK, and if the
 * header cannot be read. */
static bool is_retired(const struct kek_id *kek)
{
    struct header header;
    if (bytes_are_zero(kek->bytes, KEK_ID_SIZE) || directory_read_header(&store.directory, &header) != FAULT_NONE)
        return false;
    const struct header_kek *entry = header_find(&header, kek);
    return !entry || entry->role == KEK_RETIRED;
}

/* Only from a gate that acts as if others were there may this store let others in. */
static enum look_presence look_around(bool shared)
{
    struct presence *presence = &store.presence;
    bool knocked = presence_is_knocked(presence);
    if (presence->alone && knocked && shared)
        presence_share(presence);
    else if (!presence->alone && !knocked)
        presence_claim(presence);
    if (!presence->alone)
        return LOOK_SHARED;
    return knocked ? LOOK_KNOCKED : LOOK_ALONE;
}

/* Who is there comes before the files: nobody else changes them once this store is alone. */
static void on_look(const struct message *question, const uint8_t *asked)
{
    enum { MOST = 4096 };
    static struct key_id changed[MOST];
    struct look_body look;
    bool more;
    memcpy(&look, asked, sizeof look);
    enum look_presence presence = look_around(look.shared != 0);
    size_t count = watch_look(store.watch, &store.directory, changed, MOST, &more);
    const struct look_head head = { .more = more,
                                    .presence = presence,
                                    .retired = is_retired(&look.kek),
                                    .restored = directory_is_restored(&store.directory),
                                    .log_dropped = (uint32_t)log_dropped() };
    log_catch_up();
    uint8_t *body = reserve(sizeof head + count * KEY_ID_SIZE);
    memcpy(body, &head, sizeof head);
    for (size_t i = 0; i < count; i++)
        memcpy(body + sizeof head + i * KEY_ID_SIZE, changed[i].text, KEY_ID_SIZE);
    answer(question, FAULT_NONE, sizeof head + count * KEY_ID_SIZE);
}

/* -- changing -- */

/* Refuses a key sealed under a KEK that was retired meanwhile: nobody could open it. Bytes that are no sealed key
 * pass here; a vault refuses them. */
static enum fault check_wraps(const uint8_t *bytes, size_t length)
{
    struct sealed_key sealed;
    if (sealed_key_look(bytes, length, &sealed) != FAULT_NONE)
        return FAULT_NONE;
    for (size_t i = 0; i < sealed.wrap_count; i++) {
        const struct kek_id kek = sealed_key_kek(&sealed, i);
        if (is_retired(&kek))
            return FAULT_KEK_RETIRED;
    }
    return FAULT_NONE;
}

static enum fault create(const struct key_id *id, const uint8_t *sealed, size_t length)
{
    struct file_identity identity;
    enum fault fault = directory_identify_key(&store.directory, id, &identity);
    if (fault == FAULT_NONE)
        return FAULT_KEY_EXISTS;
    if (fault == FAULT_KEY_UNKNOWN)
        fault = directory_absent_key(&store.directory, id);
    if (fault != FAULT_KEY_UNKNOWN)
        return fault;
    fault = check_wraps(sealed, length);
    if (fault)
        return fault;
    identity = (struct file_identity){ 0 }; /* matches no file: what cannot be identified is reported as changed */
    if (!watch_add(store.watch, id, &identity))
        return FAULT_MEMORY; /* nobody would notice if another replica destroyed it */
    fault = directory_create_key(&store.directory, id, sealed, length);
    if (!fault && directory_identify_key(&store.directory, id, &identity) == FAULT_NONE)
        watch_made(store.watch, id, &identity);
    return fault;
}

/* Only if its key still exists: another replica may have destroyed it meanwhile. */
static enum fault write_certificate(const struct key_id *id, const uint8_t *pem, size_t length)
{
    struct file_identity identity;
    enum fault fault = directory_identify_key(&store.directory, id, &identity);
    return fault ? fault : directory_replace_certificate(&store.directory, id, pem, length);
}

static enum fault apply(const struct message *question, const uint8_t *body)
{
    struct key_id id;
    const uint8_t *rest = body + KEY_ID_SIZE;
    size_t length = question->length - KEY_ID_SIZE;
    if (!key_id_from_field(body, &id))
        return FAULT_KEY_ID;
    switch (question->op) {
    case MESSAGE_CREATE: return create(&id, rest, length);
    case MESSAGE_REMOVE: return directory_remove_key(&store.directory, &id); /* the next look reports it, too */
    case MESSAGE_SYNC: return directory_sync_key(&store.directory, &id);
    case MESSAGE_WRITE_CERT: return write_certificate(&id, rest, length);
    case MESSAGE_REMOVE_CERT: return directory_remove_certificate(&store.directory, &id);
    default: _exit(1);
    }
}

/* Under DIR/lock. Fails closed: after a failed sync, or once the file system became read-only, nothing is changed
 * again. */
static enum fault change(const struct message *question, const uint8_t *body)
{
    if (store.closed)
        return store.closed;
    enum fault fault = directory_lock(&store.directory);
    if (fault)
        return fault;
    fault = apply(question, body);
    listing_forget(&store.listing);
    int why = errno;
    directory_unlock(&store.directory);
    errno = why;
    if (fault == FAULT_STORE_UNSYNCED || fault == FAULT_STORE_READ_ONLY) {
        store.closed = fault;
        log_error("%s: the keystore: %s", fault_name(fault), fault_advice(fault));
    }
    return fault;
}

static void change_later(const struct message *question, const uint8_t *body)
{
    struct change *later = malloc(sizeof *later + question->length);
    if (!later) {
        answer(question, FAULT_MEMORY, 0);
        return;
    }
    later->question = *question;
    later->give_up_ms = time_monotonic_ms() + LOCK_DEADLINE_MS;
    later->next = NULL;
    memcpy(later->body, body, question->length);
    *store.last = later;
    store.last = &later->next;
}

/* Removes the temporary files of writers that were stopped, once, unless another process holds DIR/lock. It runs before
 * the first change, or in the first pause after a question: so the first signature does not wait for a large directory,
 * and a start that is refused or only checks changes nothing. */
static void sweep_once(void)
{
    if (store.swept || !store.asked)
        return;
    store.swept = true;
    if (directory_lock(&store.directory) != FAULT_NONE)
        return;
    directory_sweep_keys(&store.directory);
    directory_unlock(&store.directory);
}

static void on_change(const struct message *question, const uint8_t *body)
{
    sweep_once();
    enum fault fault = store.first ? FAULT_STORE_BUSY : change(question, body);
    if (fault == FAULT_STORE_BUSY)
        change_later(question, body); /* changes are made in order of arrival */
    else
        answer(question, fault, 0);
}

static void try_waiting_changes(void)
{
    while (store.first) {
        struct change *waiting = store.first;
        enum fault fault = change(&waiting->question, waiting->body);
        if (fault == FAULT_STORE_BUSY && time_monotonic_ms() < waiting->give_up_ms)
            return;
        answer(&waiting->question, fault, 0);
        store.first = waiting->next;
        if (!store.first)
            store.last = &store.first;
        free(waiting);
    }
}

/* -- the room -- */

static void do_read(const struct message *question, const uint8_t *body)
{
    struct key_id id = { { 0 } };
    bool from_start = question->op == MESSAGE_LIST && bytes_are_zero(body, KEY_ID_SIZE);
    uint32_t limit = 0;
    if (!from_start && !key_id_from_field(body, &id)) {
        answer(question, FAULT_KEY_ID, 0);
        return;
    }
    if (question->op == MESSAGE_LIST && question->length == KEY_ID_SIZE + sizeof limit)
        memcpy(&limit, body + KEY_ID_SIZE, sizeof limit);
    if (question->op == MESSAGE_READ)
        on_read(question, &id);
    else if (question->op == MESSAGE_READ_CERT)
        on_read_certificate(question, &id);
    else
        on_list(question, &id, limit);
}

static void do_one(const struct message *question)
{
    const uint8_t *body = (const uint8_t *)(question + 1);
    if (question->op == MESSAGE_LOOK && question->length >= sizeof(struct look_body))
        on_look(question, body);
    else if (question->length < KEY_ID_SIZE)
        _exit(1);
    else if (question->op == MESSAGE_READ || question->op == MESSAGE_LIST || question->op == MESSAGE_READ_CERT)
        do_read(question, body);
    else
        on_change(question, body);
}

/* False when the gate is gone. */
static bool serve_once(void)
{
    bool broken = false;
    struct pollfd readable = { .fd = store.channel.fd, .events = POLLIN };
    int ready = poll(&readable, 1, store.first ? LOCK_RETRY_MS : store.swept ? -1 : QUIET_MS);
    if (ready < 0 && errno != EINTR)
        return false;
    if (ready > 0) {
        const struct message *question;
        if (!channel_fill(&store.channel))
            return false;
        store.asked = true;
        while ((question = channel_next(&store.channel, &broken)))
            do_one(question);
    } else if (ready == 0) {
        sweep_once();
    }
    try_waiting_changes();
    return !broken && channel_flush(&store.channel);
}

noreturn void store_run(const struct store_setup *setup)
{
    static uint8_t in[CHANNEL_IN_SIZE] __attribute__((aligned(16))), out[CHANNEL_OUT_SIZE] __attribute__((aligned(16)));
    if (!secret_start())
        _exit(1);
    struct room_hello hello = { .read_only = setup->directory.read_only };
    sandbox_enter(ROOM_STORE, &setup->terms, &hello.protections);
    store.directory = setup->directory;
    store.presence = setup->presence;
    store.channel = (struct channel){ .fd = setup->fd, .in = in, .out = out };
    store.last = &store.first;
    store.watch = watch_new();
    if (!store.watch)
        _exit(1);
    if (!channel_send(&store.channel, MESSAGE_HELLO, &hello, sizeof hello))
        _exit(0);
    while (serve_once())
        continue;
    _exit(0);
}
