/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/rekey/rekey.h"

#include <stdio.h>

#include "base/time.h"
#include "ceremony/tool/progress.h"
#include "ceremony/tool/tool.h"
#include "keystore/memory/arena.h"

enum { LOCK_WAIT_MS = 10 * 1000 };

/* -- a pass over all keys -- */

/* Calls `visit` for each key. FAULT_KEY_UNKNOWN from it is ignored: the key was destroyed meanwhile. */
struct pass {
    const struct session *session;
    const char *what; /* for the progress line */
    enum fault (*visit)(struct pass *pass, const struct key_id *id, const struct sealed_key *sealed);
    const struct kek *opener, *other; /* KEKs to open with; `other` may be NULL */
    const struct kek *keep[2];        /* KEKs that each key is to have wraps for */
    size_t keep_count;
    size_t changed;
    bool is_locked; /* the caller holds the lock for the whole pass */
};

static enum fault visit_file(struct pass *pass, const struct key_id *id)
{
    static uint8_t bytes[SEALED_KEY_MAX];
    struct sealed_key sealed;
    size_t length;
    enum fault fault = directory_read_key(&pass->session->directory, id, bytes, &length, NULL);
    if (!fault)
        fault = sealed_key_look(bytes, length, &sealed);
    return fault ? fault : pass->visit(pass, id, &sealed);
}

static enum fault visit_locked(struct pass *pass, const struct key_id *id)
{
    if (pass->is_locked)
        return visit_file(pass, id);
    enum fault fault = directory_lock_within(&pass->session->directory, LOCK_WAIT_MS);
    if (fault)
        return fault;
    fault = visit_file(pass, id);
    directory_unlock(&pass->session->directory);
    return fault;
}

static void print_key(const struct key_id *id, enum fault fault)
{
    char name[KEY_ID_SIZE + 16];
    snprintf(name, sizeof name, "keys/%s.key", id->text);
    tool_refuse(fault, name);
}

static enum fault visit_all(struct pass *pass)
{
    struct key_list list;
    struct progress progress;
    enum fault fault = directory_list_keys(&pass->session->directory, &list);
    if (fault) {
        tool_refuse(fault, pass->session->path);
        return fault;
    }
    progress_begin(&progress, pass->what, list.count);
    for (size_t i = 0; i < list.count && !fault; i++) {
        fault = visit_locked(pass, &list.ids[i]);
        if (fault == FAULT_KEY_UNKNOWN)
            fault = FAULT_NONE;
        else if (fault)
            print_key(&list.ids[i], fault);
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    directory_free_list(&list);
    return fault;
}

/* -- counting -- */

static void count_one(struct rekey_census *census, const struct sealed_key *sealed, const struct kek_id *old_id,
                      const struct kek_id *new_id)
{
    bool has_old = old_id && sealed_key_has_kek(sealed, old_id);
    bool has_new = new_id && sealed_key_has_kek(sealed, new_id);
    census->keys++;
    census->both += has_old && has_new;
    census->only_old += has_old && !has_new;
    census->only_new += has_new && !has_old;
    census->neither += !has_old && !has_new;
}

enum fault rekey_count(const struct session *session, const struct kek_id *old_id, const struct kek_id *new_id,
                       struct rekey_census *out)
{
    static uint8_t bytes[SEALED_KEY_MAX];
    struct key_list list;
    struct sealed_key sealed;
    size_t length;
    *out = (struct rekey_census){ 0 };
    enum fault fault = directory_list_keys(&session->directory, &list);
    for (size_t i = 0; !fault && i < list.count; i++)
        if (directory_read_key(&session->directory, &list.ids[i], bytes, &length, NULL) == FAULT_NONE
            && sealed_key_look(bytes, length, &sealed) == FAULT_NONE)
            count_one(out, &sealed, old_id, new_id);
    directory_free_list(&list);
    return fault;
}

/* -- changing wraps -- */

static bool has_exactly(const struct sealed_key *sealed, const struct pass *pass)
{
    bool all = sealed->wrap_count == pass->keep_count;
    for (size_t i = 0; i < pass->keep_count; i++)
        all = all && sealed_key_has_kek(sealed, &pass->keep[i]->id);
    return all;
}

/* Unwraps with `opener`, or with `other` if the key has no wrap for that, and wraps for each KEK in `keep`. */
static enum fault rewrap(struct pass *pass, const struct key_id *id, const struct sealed_key *sealed)
{
    static uint8_t bytes[SEALED_KEY_MAX];
    size_t length;
    if (has_exactly(sealed, pass))
        return FAULT_NONE;
    const struct kek *opener = pass->opener;
    if (!sealed_key_has_kek(sealed, &opener->id) && pass->other)
        opener = pass->other;
    enum fault fault = sealed_key_rewrap(sealed, opener, pass->keep, pass->keep_count, bytes, &length);
    if (!fault)
        fault = directory_replace_key(&pass->session->directory, id, bytes, length);
    pass->changed += fault == FAULT_NONE;
    return fault;
}

static bool lock(const struct session *session)
{
    enum fault fault = directory_lock_within(&session->directory, LOCK_WAIT_MS);
    if (!fault && (fault = directory_settle(&session->directory)) != FAULT_NONE)
        directory_unlock(&session->directory);
    if (fault)
        tool_refuse(fault, session->path);
    else
        directory_sweep(&session->directory);
    return fault == FAULT_NONE;
}

/* Signers may make keys during the first pass, so a second one runs under the lock. On success the lock is still held,
 * so that the header can be written while every key is as it was found. */
static bool rewrap_all(struct session *session, struct pass *pass)
{
    if (visit_all(pass) != FAULT_NONE || !lock(session))
        return false;
    pass->is_locked = true;
    if (visit_all(pass) == FAULT_NONE)
        return true;
    directory_unlock(&session->directory);
    return false;
}

/* Replaces the header by `next` and releases the lock, which the caller holds. */
static bool write_header(struct session *session, const struct header *next)
{
    enum fault fault = directory_replace_header(&session->directory, next);
    directory_unlock(&session->directory);
    if (fault)
        tool_refuse(fault, session->path);
    else
        session->header = *next;
    return fault == FAULT_NONE;
}

bool rekey_wrap(struct session *session, const struct kek *old_kek, const struct kek *new_kek)
{
    struct header next = session->header;
    if (next.rekey == REKEY_NONE) {
        header_rekey_begin(&next, old_kek, new_kek, time_now());
        if (!lock(session) || !write_header(session, &next))
            return false;
    }
    struct pass pass = { .session = session,
                         .what = "wrapping keys",
                         .visit = rewrap,
                         .opener = old_kek,
                         .other = new_kek,
                         .keep = { old_kek, new_kek },
                         .keep_count = 2 };
    if (!rewrap_all(session, &pass))
        return false;
    if (next.rekey == REKEY_VERIFIED) {
        directory_unlock(&session->directory);
        return true;
    }
    header_rekey_advance(&next, REKEY_WRAPPED, old_kek, new_kek);
    return write_header(session, &next);
}

/* -- verifying -- */

static enum fault open_by_new(struct pass *pass, const struct key_id *id, const struct sealed_key *sealed)
{
    size_t length;
    if (!sealed_key_has_kek(sealed, &pass->opener->id)) { /* a signer with the old KEK made it meanwhile */
        enum fault wrapped = rewrap(pass, id, sealed);
        return wrapped ? wrapped : visit_file(pass, id);
    }
    uint8_t *pkcs8 = arena_alloc(PKCS8_MAX);
    if (!pkcs8)
        return FAULT_MEMORY;
    enum fault fault = sealed_key_open(sealed, pass->opener, pass->session->header.keystore_id, id, pkcs8, &length);
    arena_free(pkcs8);
    return fault;
}

bool rekey_verify(struct session *session, const struct kek *old_kek, const struct kek *again)
{
    struct header next = session->header;
    struct pass pass = { .session = session,
                         .what = "opening keys with the new KEK",
                         .visit = open_by_new,
                         .opener = again,
                         .other = old_kek,
                         .keep = { old_kek, again },
                         .keep_count = 2 };
    if (header_check(&session->header, again) != FAULT_NONE) {
        command_fail(
            "the new KEK, read a second time, does not match the keystore's header; run --abort and begin again");
        return false;
    }
    if (!rewrap_all(session, &pass))
        return false;
    header_rekey_advance(&next, REKEY_VERIFIED, old_kek, again);
    return write_header(session, &next);
}

/* -- finishing and aborting -- */

static enum fault wrap_missing(struct pass *pass, const struct key_id *id, const struct sealed_key *sealed)
{
    return sealed_key_has_kek(sealed, &pass->opener->id) ? FAULT_NONE : rewrap(pass, id, sealed);
}

/* Names every key that the KEKs at hand cannot open; changes nothing. */
static enum fault find_closed(struct pass *pass, const struct key_id *id, const struct sealed_key *sealed)
{
    char needed[KEK_ID_TEXT];
    struct kek_id first = sealed_key_kek(sealed, 0);
    if (sealed_key_has_kek(sealed, &pass->opener->id) || (pass->other && sealed_key_has_kek(sealed, &pass->other->id)))
        return FAULT_NONE;
    kek_id_text(&first, needed);
    command_fail("keys/%s.key has a wrap only for KEK %s: that KEK is needed too", id->text, needed);
    pass->changed++;
    return FAULT_NONE;
}

/* Holds the lock on success. */
static bool all_can_be_opened(struct session *session, const struct kek *kek, const struct kek *other)
{
    struct pass pass = { .session = session,
                         .what = "checking keys",
                         .visit = find_closed,
                         .opener = kek,
                         .other = other,
                         .is_locked = true };
    if (!lock(session))
        return false;
    if (visit_all(&pass) == FAULT_NONE && pass.changed == 0)
        return true;
    directory_unlock(&session->directory);
    return false;
}

/* Holds the lock on success. Keys with a wrap only for the old KEK are wrapped for both while the header still has
 * both, so that at every instant a KEK of the header opens each key. */
static bool nothing_is_left_behind(struct session *session, const struct kek *new_kek, const struct kek *old_kek)
{
    struct pass pass = { .session = session,
                         .what = "wrapping keys",
                         .visit = wrap_missing,
                         .opener = new_kek,
                         .other = old_kek,
                         .keep = { old_kek, new_kek },
                         .keep_count = 2,
                         .is_locked = true };
    if (!all_can_be_opened(session, new_kek, old_kek))
        return false;
    if (!old_kek || visit_all(&pass) == FAULT_NONE)
        return true;
    directory_unlock(&session->directory);
    return false;
}

bool rekey_finish(struct session *session, const struct kek *new_kek, const struct kek *old_kek)
{
    struct header next = session->header;
    if (next.rekey == REKEY_VERIFIED) {
        header_rekey_finish(&next, new_kek, time_now());
        if (!nothing_is_left_behind(session, new_kek, old_kek) || !write_header(session, &next))
            return false;
    }
    struct pass pass = { .session = session,
                         .what = "removing the old wraps",
                         .visit = rewrap,
                         .opener = new_kek,
                         .other = old_kek,
                         .keep = { new_kek },
                         .keep_count = 1 };
    if (!rewrap_all(session, &pass))
        return false;
    header_rekey_close(&next, new_kek);
    return write_header(session, &next);
}

bool rekey_abort(struct session *session, const struct kek *old_kek, const struct kek *new_kek)
{
    struct header next = session->header;
    if (!all_can_be_opened(session, old_kek, new_kek))
        return false;
    directory_unlock(&session->directory);
    struct pass pass = { .session = session,
                         .what = "removing the new wraps",
                         .visit = rewrap,
                         .opener = old_kek,
                         .other = new_kek,
                         .keep = { old_kek },
                         .keep_count = 1 };
    if (!rewrap_all(session, &pass))
        return false;
    header_rekey_abort(&next, old_kek);
    return write_header(session, &next);
}
