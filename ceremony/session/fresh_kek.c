/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/fresh_kek.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/share/share_prompt.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "keystore/memory/arena.h"

/* -- typing back every share -- */

/* Marks the first unverified holder of these words as verified. False: there is none. */
static bool mark(struct share_set *set, const struct slip39_share *share)
{
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    struct share_holder *holder;
    share_fingerprint_of(share, fingerprint);
    for (size_t from = 0; (holder = share_set_find(set, fingerprint, from)); from = (size_t)(holder - set->holders) + 1)
        if (holder->verified == 0) {
            holder->verified = time_now();
            return true;
        }
    return false;
}

static bool is_in(const struct share_tray *tray, const struct share_holder *holder)
{
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    for (size_t i = 0; i < tray->count; i++) {
        share_fingerprint_of(&tray->shares[i], fingerprint);
        if (memcmp(fingerprint, holder->fingerprint, sizeof fingerprint) == 0)
            return true;
    }
    return false;
}

/* Into the main tray as well, where it is somebody else's who types before their turn. */
static bool take(struct share_tray *tray, const struct slip39_share *share)
{
    char sentence[TRAY_SENTENCE];
    uint16_t *words = arena_alloc(SLIP39_WORDS_MAX * sizeof *words);
    enum fault fault = words ? share_tray_add(tray, words, slip39_encode(share, words), "the terminal", true, sentence)
                             : FAULT_MEMORY;
    arena_free(words);
    return fault == FAULT_NONE || fault == FAULT_SHARE_DUPLICATE;
}

/* A second holder of the same words (a 1-of-n group) types them into a separate tray: the main one has them already. */
static enum share_prompt type_copy(struct share_set *set, struct share_tray *tray, const char *heading, size_t number)
{
    char sentence[TRAY_SENTENCE];
    struct share_tray own = { 0 };
    enum share_prompt result = share_tray_open(&own, tray->known) ? share_prompt_numbered(&own, heading, number)
                                                                  : SHARE_PROMPT_STOPPED;
    if (result == SHARE_PROMPT_DONE && !mark(set, &own.shares[0])) {
        share_tray_describe(tray->known, &own.shares[0], sentence);
        terminal_print("%s was verified before, and is not the one that is asked for: look whose card this is",
                       sentence);
    } else if (result == SHARE_PROMPT_DONE && !take(tray, &own.shares[0])) {
        result = SHARE_PROMPT_STOPPED;
    }
    share_tray_close(&own);
    return result;
}

/* Asks for the next holder's share; any custodian of the set may type theirs instead. */
static enum share_prompt type_next(struct share_set *set, const struct share_holder *holder, struct share_tray *tray,
                                   size_t number)
{
    char heading[TRAY_SENTENCE], member[SHARE_MEMBER_TEXT];
    share_member_text(set->group_count, holder->group, holder->member, member);
    snprintf(heading, sizeof heading, "member %s%s%s, from the card", member, holder->label[0] ? ", " : "",
             holder->label);
    if (is_in(tray, holder))
        return type_copy(set, tray, heading, number);
    enum share_prompt result = share_prompt_numbered(tray, heading, number);
    if (result == SHARE_PROMPT_DONE)
        (void)mark(set, &tray->shares[tray->count - 1]);
    return result;
}

static const struct share_holder *next_unverified(const struct share_set *set, size_t *verified)
{
    const struct share_holder *next = NULL;
    *verified = 0;
    for (size_t i = set->count; i > 0; i--)
        if (set->holders[i - 1].verified == 0)
            next = &set->holders[i - 1];
        else
            ++*verified;
    return next;
}

static bool verify_each(struct share_set *set, struct share_tray *tray)
{
    size_t verified;
    for (const struct share_holder *next; (next = next_unverified(set, &verified));) {
        enum share_prompt prompt = type_next(set, next, tray, verified + 1);
        if (prompt == SHARE_PROMPT_NO_TERMINAL)
            command_fail(TERMINAL_NONE);
        if (prompt != SHARE_PROMPT_DONE)
            return false;
        (void)next_unverified(set, &verified);
        terminal_print("verified: %zu of %zu", verified, set->count);
    }
    return true;
}

/* Echo stays off between two shares as well. */
bool fresh_kek_verify_all(struct share_set *set, struct share_tray *tray)
{
    bool hushed = terminal_open() && terminal_hush();
    bool ok = verify_each(set, tray);
    if (hushed)
        terminal_restore();
    return ok;
}

/* -- making -- */

static bool know_own_set(struct fresh_kek *fresh)
{
    fresh->known.sets = calloc(1, sizeof *fresh->known.sets);
    if (!fresh->known.sets)
        return false;
    fresh->known.sets[0] = fresh->split.set;
    fresh->known.count = 1;
    return share_tray_open(&fresh->tray, &fresh->known);
}

void fresh_kek_note_discarded(const char *directory)
{
    aftermath_note("%s: shares of a KEK that was discarded: destroy them", directory);
}

struct kek *fresh_kek_make(const struct split_policy *options, const struct handout *handout,
                           const struct session *session, struct fresh_kek *out)
{
    *out = (struct fresh_kek){ .kek = kek_new() };
    if (!out->kek)
        tool_refuse(FAULT_MEMORY, "the new KEK");
    bool ok = out->kek && split_make(options, out->kek, &session->known, session->header.keystore_id, &out->split);
    bool is_written = ok && handout_write(handout, &out->split);
    ok = is_written && know_own_set(out);
    if (ok) {
        fprintf(stderr, "hand out the cards in %s; then every custodian types their own\n", handout->directory);
        ok = fresh_kek_verify_all(&out->split.set, &out->tray);
    }
    if (is_written && !ok)
        fresh_kek_note_discarded(handout->directory);
    if (!ok)
        command_fail("nothing was changed%s",
                     is_written ? "; shares that were handed out are of a KEK that was discarded: destroy them" : "");
    return ok ? out->kek : NULL;
}

struct kek *fresh_kek_again(const struct fresh_kek *fresh, struct kek_origin *origin)
{
    const struct kek_request options = { .known = &fresh->known };
    return kek_source_join(&fresh->tray, &options, origin);
}

void fresh_kek_free(struct fresh_kek *fresh)
{
    split_free(&fresh->split);
    share_tray_close(&fresh->tray);
    known_sets_free(&fresh->known);
    arena_free(fresh->kek);
    *fresh = (struct fresh_kek){ 0 };
}
