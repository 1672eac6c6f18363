/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/kek/kek_file.h"
#include "keystore/memory/arena.h"

enum { LOCK_WAIT_MS = 5000 };

bool session_open(struct session *session, const char *keystore)
{
    *session = (struct session){ .path = keystore, .directory = DIRECTORY_CLOSED };
    if (!keystore)
        return true;
    if (!tool_open_keystore(keystore, &session->directory, &session->header))
        return false;
    enum fault fault = known_sets_of_keystore(&session->known, &session->directory);
    if (fault)
        tool_refuse(fault, keystore);
    return fault == FAULT_NONE;
}

bool session_can_write(const struct session *session)
{
    if (!session->path)
        return true;
    if (session->directory.read_only)
        tool_refuse(FAULT_STORE_READ_ONLY, session->path);
    return !session->directory.read_only && tool_may_become(session->directory.owner);
}

static bool is_apart(const struct session *session, const char *source)
{
    enum fault fault = session->path && source ? kek_file_is_apart(source, session->path) : FAULT_NONE;
    if (fault)
        tool_refuse(fault, source);
    return fault == FAULT_NONE;
}

bool session_read_kek(struct session *session, const char *source, const char *const *shares, size_t share_count)
{
    const struct kek_request options = {
        .header = session->path ? &session->header : NULL,
        .known = &session->known,
        .shares = shares,
        .share_count = share_count,
        .purpose = session->path ? session->path : "the KEK",
    };
    if (!is_apart(session, source))
        return false;
    session->kek = kek_source_read(source, &options, &session->origin);
    return session->kek
        && (!session->path
            || tool_check_kek(&session->header, session->kek, source ? source : "the shares", session->path));
}

bool session_become_owner(struct session *session)
{
    return !session->path || tool_become(session->directory.owner, session->directory.group);
}

/* -- records -- */

static bool read_anew(struct session *session)
{
    known_sets_free(&session->known);
    enum fault fault = known_sets_of_keystore(&session->known, &session->directory);
    if (fault)
        tool_refuse(fault, session->path);
    return fault == FAULT_NONE;
}

struct edit { /* a set record that is being written; too large for the stack */
    struct share_set set;
    char name[SHARE_SET_NAME_MAX];
    uint8_t text[SHARE_SET_FILE_MAX];
};

static enum fault write_edit(const struct session *session, struct edit *edit, bool fresh)
{
    size_t length = share_set_encode(&edit->set, edit->text, sizeof edit->text);
    if (length == 0)
        return FAULT_FILE_TOO_LARGE;
    return fresh ? records_create(&session->directory, edit->name, edit->text, length)
                 : records_replace(&session->directory, edit->name, edit->text, length);
}

static enum fault change_locked(const struct session *session, struct edit *edit, session_change *change,
                                const void *context)
{
    size_t length;
    enum fault fault = records_read(&session->directory, edit->name, edit->text, sizeof edit->text, &length);
    if (!fault)
        fault = share_set_parse(edit->text, length, &edit->set);
    if (fault)
        return fault;
    change(&edit->set, context);
    return write_edit(session, edit, false);
}

static bool edit_set(struct session *session, const struct share_set *set, session_change *change, const void *context)
{
    struct edit *edit = calloc(1, sizeof *edit);
    enum fault fault = edit ? directory_lock_within(&session->directory, LOCK_WAIT_MS) : FAULT_MEMORY;
    if (!fault) {
        edit->set = *set;
        share_set_name(set, edit->name);
        fault = change ? change_locked(session, edit, change, context) : write_edit(session, edit, true);
        directory_unlock(&session->directory);
    }
    if (fault)
        tool_refuse(fault, "the share set record");
    else
        aftermath_note("%s/records/%s: %s: leave it there", session->path, edit->name,
                       change ? "has the date of what was verified or opened" : "is the record of the new shares");
    free(edit);
    return !fault && read_anew(session);
}

bool session_file_set(struct session *session, const struct share_set *set)
{
    return edit_set(session, set, NULL, NULL);
}

bool session_change_set(struct session *session, const struct share_set *set, session_change *change,
                        const void *context)
{
    return edit_set(session, set, change, context);
}

void session_set_opened(struct share_set *set, const void *context)
{
    memcpy(&set->opened, context, sizeof set->opened);
}

void session_set_verified(struct share_set *set, const void *context)
{
    const struct share_set *dates = context;
    for (size_t i = 0; i < set->count && i < dates->count; i++)
        if (dates->holders[i].verified > set->holders[i].verified)
            set->holders[i].verified = dates->holders[i].verified;
}

bool session_note_opened(struct session *session)
{
    if (!session->path || !session->origin.by_shares)
        return true;
    const uint64_t now = time_now();
    for (size_t i = 0; i < session->known.count; i++) {
        const struct share_set *set = &session->known.sets[i];
        if (set->set == session->origin.set && kek_id_equal(&set->kek, &session->kek->id))
            return session_change_set(session, set, session_set_opened, &now);
    }
    return true;
}

/* -- transcripts -- */

void session_describe(const struct session *session, struct transcript *entry)
{
    char kek[KEK_ID_TEXT], text[SHARE_FINGERPRINT_TEXT], set[SHARE_SET_TEXT];
    if (session->kek) {
        kek_id_text(&session->kek->id, kek);
        transcript_add(entry, "kek", "%s", kek);
    }
    if (!session->origin.by_shares)
        return;
    share_set_text(session->origin.set, set);
    for (size_t i = 0; i < session->origin.share_count; i++) {
        const struct share_seen *seen = &session->origin.shares[i];
        share_fingerprint_text(seen->fingerprint, text);
        transcript_add(entry, "opened-with", "set %s group %u member %u fingerprint %s", set, seen->group + 1,
                       seen->member + 1, text);
    }
}

void session_describe_set(const struct share_set *set, struct transcript *entry)
{
    char id[SHARE_SET_TEXT], policy[256], member[SHARE_MEMBER_TEXT], fingerprint[SHARE_FINGERPRINT_TEXT];
    char verified[TIME_TEXT];
    share_set_text(set->set, id);
    share_set_policy_text(set, policy, sizeof policy);
    transcript_add(entry, "set", "%s generation %u, %s", id, set->generation, policy);
    for (size_t i = 0; i < set->count; i++) {
        const struct share_holder *holder = &set->holders[i];
        share_member_text(set->group_count, holder->group, holder->member, member);
        share_fingerprint_text(holder->fingerprint, fingerprint);
        time_text(holder->verified, verified);
        transcript_add(entry, "share", "member %s fingerprint %s verified %s%s%s", member, fingerprint, verified,
                       holder->label[0] ? " " : "", holder->label);
    }
}

/* The KEK of an archive may be one that its keystore does not use: whoever still has that one proves nothing. */
static const struct kek *for_mac(const struct session *session)
{
    const struct header_kek *entry = session->kek ? header_find(&session->header, &session->kek->id) : NULL;
    return entry && entry->role != KEK_RETIRED ? session->kek : NULL;
}

bool session_append(struct session *session, struct transcript *entry)
{
    if (!session->path) {
        transcript_discard(entry);
        return true;
    }
    if (!transcript_append(entry, &session->directory, &session->header, for_mac(session)))
        return false;
    aftermath_note("%s: transcript entry %u tells of this: leave it there, and keep its hash", session->path,
                   entry->number);
    return true;
}

void session_close(struct session *session)
{
    arena_free(session->kek);
    known_sets_free(&session->known);
    directory_close(&session->directory);
    *session = (struct session){ .directory = DIRECTORY_CLOSED };
}
