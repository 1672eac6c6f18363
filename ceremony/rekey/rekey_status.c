/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/rekey/rekey_status.h"

#include <stdio.h>

#include "base/json.h"
#include "base/time.h"
#include "ceremony/rekey/rekey.h"
#include "ceremony/tool/tool.h"

static const struct header_kek *newest_retired(const struct header *header)
{
    const struct header_kek *newest = NULL;
    for (size_t i = 0; i < header->kek_count; i++)
        if (header->keks[i].role == KEK_RETIRED && (!newest || header->keks[i].until >= newest->until))
            newest = &header->keks[i];
    return newest;
}

const struct header_kek *rekey_status_keep(const struct session *session)
{
    const struct header_kek *retired = newest_retired(&session->header);
    const struct kek_id *current = &header_current(&session->header)->id;
    if (!retired || transcript_has(&session->directory, "verify-backup", current, retired->until)
        || transcript_has(&session->directory, "drill", current, retired->until))
        return NULL;
    return retired;
}

static const char *next_step(enum rekey_state state)
{
    switch (state) {
    case REKEY_BEGUN:
    case REKEY_WRAPPED: return "run rekey with --kek and --new-kek again, or --abort";
    case REKEY_VERIFIED:
        return "make sure that the new KEK has a VERIFIED set of shares, restart each signer with it, then run "
               "--finish; or --abort";
    case REKEY_FINISHING: return "run rekey --finish again";
    case REKEY_NONE: break;
    }
    return "nothing; no rekey is under way";
}

static void print_old_shares(const struct session *session)
{
    char id[KEK_ID_TEXT], until[TIME_TEXT];
    const struct header_kek *retired = newest_retired(&session->header), *keep = rekey_status_keep(session);
    if (!retired)
        return;
    kek_id_text(&retired->id, id);
    time_text(retired->until, until);
    if (keep)
        printf("KEEP THE OLD SHARES of KEK %s (retired %s): no archive made since was verified or drilled with the "
               "current KEK, and every older one needs the old KEK\n",
               id, until);
    else
        printf("destroy: the cards and shares of KEK %s, every copy of that KEK, and the archives made before %s, "
               "which it opens; the transcript says so, and is not proven here: go by what verify-backup or drill "
               "printed\n",
               id, until);
}

static void print_shares(const struct session *session, const struct kek_id *kek, const char *which)
{
    char id[KEK_ID_TEXT];
    unsigned verified = known_sets_verified(&session->known, kek), newest = known_sets_newest(&session->known, kek);
    kek_id_text(kek, id);
    printf("%s KEK %s: ", which, id);
    if (verified)
        printf("shares of generation %u VERIFIED\n", verified);
    else
        printf(newest ? "shares of generation %u, not VERIFIED\n" : "no shares\n", newest);
}

static void print_text(const struct session *session, const struct rekey_census *census)
{
    const struct header_kek *incoming = header_incoming(&session->header);
    printf("rekey: %s\n", header_rekey_name(session->header.rekey));
    if (session->directory.read_only)
        printf("keystore: %s: %s\n", fault_name(FAULT_STORE_READ_ONLY), fault_advice(FAULT_STORE_READ_ONLY));
    print_shares(session, &header_current(&session->header)->id, "current");
    if (incoming)
        print_shares(session, &incoming->id, "incoming");
    printf("keys: %zu", census->keys);
    if (session->header.rekey != REKEY_NONE)
        printf(" (%zu with both wraps, %zu with only the old, %zu with only the new, %zu with neither)", census->both,
               census->only_old, census->only_new, census->neither);
    printf("\nnext: %s\n", next_step(session->header.rekey));
    print_old_shares(session);
}

static void print_json(const struct session *session, const struct rekey_census *census, const struct kek_id *old_id,
                       const struct kek_id *new_id)
{
    char old_text[KEK_ID_TEXT] = "", new_text[KEK_ID_TEXT] = "";
    struct json json = { .out = stdout };
    if (old_id)
        kek_id_text(old_id, old_text);
    if (new_id)
        kek_id_text(new_id, new_text);
    json_open(&json, NULL, '{');
    json_text(&json, "state", header_rekey_name(session->header.rekey));
    json_text(&json, "old_kek", old_text);
    json_text(&json, "new_kek", new_text);
    json_number(&json, "keys", census->keys);
    json_number(&json, "both", census->both);
    json_number(&json, "only_old", census->only_old);
    json_number(&json, "only_new", census->only_new);
    json_number(&json, "neither", census->neither);
    json_bool(&json, "read_only", session->directory.read_only);
    json_bool(&json, "keep_old_shares", rekey_status_keep(session) != NULL);
    json_close(&json, '}');
    json_end(&json);
}

int rekey_status_print(const struct session *session, bool json)
{
    struct rekey_census census;
    const struct header *header = &session->header;
    const struct header_kek *incoming = header_incoming(header), *retired = newest_retired(header);
    const struct kek_id *new_id = incoming ? &incoming->id : &header_current(header)->id;
    const struct kek_id *old_id = incoming ? &header_current(header)->id : retired ? &retired->id : NULL;
    enum fault fault = rekey_count(session, old_id, new_id, &census);
    if (fault)
        return tool_refuse(fault, session->path);
    if (json)
        print_json(session, &census, old_id, new_id);
    else
        print_text(session, &census);
    return EXIT_DONE;
}
