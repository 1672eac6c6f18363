#include "ceremony/fresh_kek.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ceremony/terminal.h"
#include "ceremony/tool.h"
#include "ceremony/typing.h"
#include "keystore/arena.h"
#include "keystore/secret.h"

/* -- every share, from its final medium ------------------------------------------------------------------- */

/* The holder whose share was typed last: the first who has not been verified, where several hold it. */
static void mark(struct share_set *set, const struct slip39_share *share)
{
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    struct share_holder *holder;
    share_fingerprint_of(share, fingerprint);
    for (size_t from = 0; (holder = share_set_find(set, fingerprint, from)); from = (size_t)(holder - set->holders) + 1)
        if (holder->verified == 0) {
            holder->verified = (uint64_t)time(NULL);
            return;
        }
}

/* A further holder of words that were typed already types them into a tray of their own. */
static enum typing type_for(const struct share_set *set, const struct share_holder *holder, struct share_tray *tray)
{
    char heading[TRAY_SENTENCE], member[SHARE_MEMBER_TEXT];
    struct share_tray own = { 0 };
    bool is_copy = set->groups[holder->group - 1].threshold == 1 && holder->member > 1;
    share_member_text(set->group_count, holder->group, holder->member, member);
    snprintf(heading, sizeof heading, "member %s%s%s, from the card", member, holder->label[0] ? ", " : "",
             holder->label);
    if (!is_copy)
        return typing_share(tray, heading);
    enum typing result = share_tray_open(&own, tray->known) ? typing_share(&own, heading) : TYPING_STOPPED;
    share_tray_close(&own);
    return result;
}

static bool verify_each(struct share_set *set, struct share_tray *tray)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->holders[i].verified != 0)
            continue;
        enum typing typing = type_for(set, &set->holders[i], tray);
        if (typing == TYPING_NO_TERMINAL)
            tool_fail("there is no terminal to type shares at");
        if (typing != TYPING_TAKEN)
            return false;
        if (set->groups[set->holders[i].group - 1].threshold == 1)
            set->holders[i].verified = (uint64_t)time(NULL);
        else
            mark(set, &tray->shares[tray->count - 1]);
        terminal_say("verified: %zu of %zu", i + 1, set->count);
    }
    return true;
}

/* Nothing is echoed between two shares either. */
bool fresh_kek_verify_all(struct share_set *set, struct share_tray *tray)
{
    bool hushed = terminal_open() && terminal_hush();
    bool ok = verify_each(set, tray);
    if (hushed)
        terminal_restore();
    return ok;
}

/* -- making --------------------------------------------------------------------------------------------------- */

static struct kek *draw(void)
{
    struct kek *kek = arena_alloc(sizeof *kek);
    uint8_t *raw = arena_alloc(KEK_SIZE);
    enum fault fault = kek && raw ? FAULT_NONE : FAULT_MEMORY;
    if (!fault) {
        secret_random(raw, KEK_SIZE);
        fault = kek_from_bytes(raw, kek);
    }
    arena_free(raw);
    if (!fault)
        return kek;
    tool_refuse(fault, "the new KEK");
    arena_free(kek);
    return NULL;
}

static bool know_own_set(struct fresh_kek *fresh)
{
    fresh->known.sets = calloc(1, sizeof *fresh->known.sets);
    if (!fresh->known.sets)
        return false;
    fresh->known.sets[0] = fresh->split.set;
    fresh->known.count = 1;
    return share_tray_open(&fresh->tray, &fresh->known);
}

struct kek *fresh_kek_make(const struct fresh_wish *wish, const struct session *session, struct fresh_kek *out)
{
    *out = (struct fresh_kek){ .kek = draw() };
    bool ok = out->kek
        && splitting_make(&wish->split, out->kek, &session->known, session->header.keystore_id, &out->split)
        && handout_write(&wish->handout, &out->split) && know_own_set(out);
    if (ok) {
        fprintf(stderr, "hand the cards in %s out; then every custodian types their own\n", wish->handout.directory);
        ok = fresh_kek_verify_all(&out->split.set, &out->tray);
    }
    if (!ok)
        tool_fail("nothing was changed; shares that were handed out are of a KEK that was forgotten: destroy them");
    return ok ? out->kek : NULL;
}

struct kek *fresh_kek_again(const struct fresh_kek *fresh, struct kek_origin *origin)
{
    const struct kek_wish wish = { .known = &fresh->known };
    return kek_source_join(&fresh->tray, &wish, origin);
}

void fresh_kek_free(struct fresh_kek *fresh)
{
    splitting_free(&fresh->split);
    share_tray_close(&fresh->tray);
    known_sets_free(&fresh->known);
    arena_free(fresh->kek);
    *fresh = (struct fresh_kek){ 0 };
}
