/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/share_tray.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/rs1024.h"

enum { WORDS_OF_SET = 2, WORDS_OF_MEMBER = 4 };

bool share_tray_open(struct share_tray *tray, const struct known_sets *known)
{
    *tray = (struct share_tray){ .known = known };
    tray->shares = arena_alloc(QUORUM_SHARES_MAX * sizeof *tray->shares);
    tray->names = calloc(QUORUM_SHARES_MAX, sizeof *tray->names);
    return tray->shares && tray->names;
}

void share_tray_close(struct share_tray *tray)
{
    arena_free(tray->shares);
    free(tray->names);
    *tray = (struct share_tray){ 0 };
}

/* -- words about a share -- */

static void describe_member(const struct share_set *set, const struct slip39_share *share, char *out, size_t size)
{
    if (share->group_count > 1)
        snprintf(out, size, "group %u, member %u", share->group + 1, share->member + 1);
    else if (set)
        snprintf(out, size, "member %u of %u", share->member + 1, set->groups[0].count);
    else if (share->member_threshold > 0)
        snprintf(out, size, "member %u, any %u open", share->member + 1, share->member_threshold);
    else
        snprintf(out, size, "member %u", share->member + 1); /* from a signer's state, which has no threshold */
}

static const char *label_of(const struct share_set *set, const struct slip39_share *share)
{
    if (set && share->group < set->group_count && set->groups[share->group].threshold == 1)
        return ""; /* several hold these words */
    for (size_t i = 0; set && i < set->count; i++)
        if (set->holders[i].group == share->group + 1 && set->holders[i].member == share->member + 1)
            return set->holders[i].label;
    return "";
}

void share_tray_describe(const struct known_sets *known, const struct slip39_share *share,
                         char out[static TRAY_SENTENCE])
{
    char member[64], set_text[SHARE_SET_TEXT], kek[KEK_ID_TEXT];
    const struct share_set *set = known_sets_find(known, share);
    describe_member(set, share, member, sizeof member);
    share_set_text(share->id, set_text);
    const char *label = label_of(set, share);
    int used = snprintf(out, TRAY_SENTENCE, "%s%s%s%s of set %s", member, label[0] ? " (" : "", label,
                        label[0] ? ")" : "", set_text);
    if (!set)
        return;
    kek_id_text(&set->kek, kek);
    snprintf(out + used, TRAY_SENTENCE - (size_t)used,
             known_sets_superseded(known, set) ? ", generation %u, superseded, still opens KEK %s"
                                               : ", generation %u of KEK %s",
             set->generation, kek);
}

/* -- checking -- */

/* Decodes the head of a share (SLIP-0039) from its first words; what they do not determine yet is zero. */
static void read_start(const uint16_t *words, size_t count, struct slip39_share *out)
{
    uint64_t head = 0;
    for (size_t i = 0; i < WORDS_OF_MEMBER; i++)
        head = head << 10 | (i < count ? words[i] : 0u);
    *out = (struct slip39_share){
        .id = head >> 25 & 0x7fff,
        .extendable = head >> 24 & 1,
        .exponent = head >> 20 & 15,
        .group = head >> 16 & 15,
        .group_threshold = (uint8_t)((head >> 12 & 15) + 1),
        .group_count = (uint8_t)((head >> 8 & 15) + 1),
        .member = head >> 4 & 15,
        .member_threshold = (uint8_t)((head & 15) + 1),
    };
}

static bool is_same_id(const struct slip39_share *a, const struct slip39_share *b)
{
    return a->id == b->id && a->extendable == b->extendable && a->exponent == b->exponent;
}

static void list_known(const struct known_sets *known, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < known->count && used + 64 < size; i++) {
        char text[SHARE_SET_TEXT];
        share_set_text(known->sets[i].set, text);
        used += (size_t)snprintf(out + used, size - used, "%s%s (generation %u)", i > 0 ? ", " : "", text,
                                 known->sets[i].generation);
    }
}

/* `doubt` says what else may be the cause. */
static enum fault check_set(const struct share_tray *tray, const struct slip39_share *share, bool strict,
                            const char *doubt, char sentence[static TRAY_SENTENCE])
{
    char given[SHARE_SET_TEXT], needed[SHARE_SET_TEXT], list[TRAY_SENTENCE / 2];
    share_set_text(share->id, given);
    if (tray->known->count > 0 && !known_sets_find(tray->known, share)) {
        list_known(tray->known, list, sizeof list);
        snprintf(sentence, TRAY_SENTENCE, "%sanother set: %s, but the records have %s", doubt, given, list);
        return FAULT_SHARE_OTHER_SET;
    }
    if (!strict || tray->count == 0 || tray->sets_apart || is_same_id(share, &tray->shares[0]))
        return FAULT_NONE;
    share_set_text(tray->shares[0].id, needed);
    snprintf(sentence, TRAY_SENTENCE,
             "%sanother set: %s, but the shares before it are of set %s; bring a share of that set", doubt, given,
             needed);
    return FAULT_SHARE_OTHER_SET;
}

static bool is_entered(const struct share_tray *tray, const struct slip39_share *share)
{
    for (size_t i = 0; i < tray->count; i++)
        if (is_same_id(share, &tray->shares[i]) && share->group == tray->shares[i].group
            && share->member == tray->shares[i].member)
            return true;
    return false;
}

/* Whether the set has this member of this group; true where its record is not known. */
static bool is_member(const struct share_set *set, const struct slip39_share *share)
{
    return !set
        || (share->group_count == set->group_count && share->group < set->group_count
            && share->member < set->groups[share->group].count);
}

enum fault share_tray_check_start(const struct share_tray *tray, const uint16_t *words, size_t count,
                                  char sentence[static TRAY_SENTENCE])
{
    struct slip39_share start;
    sentence[0] = '\0';
    if (count < WORDS_OF_SET)
        return FAULT_NONE;
    read_start(words, count, &start);
    enum fault fault = check_set(tray, &start, true, "word 1 or 2 was mistyped, or this is ", sentence);
    if (fault || count < WORDS_OF_MEMBER)
        return fault;
    share_tray_describe(tray->known, &start, sentence);
    if (!is_member(known_sets_find(tray->known, &start), &start)) {
        snprintf(sentence, TRAY_SENTENCE, "the set has no such member: word 3 or 4 is wrong");
        fault = FAULT_SHARE_NOT_OURS;
    } else if (is_entered(tray, &start)) {
        snprintf(sentence, TRAY_SENTENCE, "member %u was already entered, or word 3 or 4 was mistyped",
                 start.member + 1);
        fault = FAULT_SHARE_DUPLICATE;
    }
    secret_wipe(&start, sizeof start);
    return fault;
}

/* If the set's record is known, it must have the share's fingerprint. */
static enum fault check_fingerprint(const struct known_sets *known, const struct slip39_share *share,
                                    char sentence[static TRAY_SENTENCE])
{
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    struct share_set *set = known_sets_find(known, share);
    if (!set)
        return FAULT_NONE;
    share_fingerprint_of(share, fingerprint);
    const struct share_holder *holder = share_set_find(set, fingerprint, 0);
    if (holder && holder->group == share->group + 1)
        return FAULT_NONE;
    snprintf(sentence, TRAY_SENTENCE, "%s", fault_advice(FAULT_SHARE_NOT_OURS));
    return FAULT_SHARE_NOT_OURS;
}

#define CHECKSUM "the checksum of this share does not fit: "

/* Where the words are not those of a share; of a single wrong word the place is known, and only that is said. */
static void describe_fault(enum fault fault, const uint16_t *words, size_t count, char sentence[static TRAY_SENTENCE])
{
    size_t place = fault == FAULT_SHARE_CHECKSUM ? rs1024_locate(words, count) : 0;
    if (place > 0)
        snprintf(sentence, TRAY_SENTENCE, CHECKSUM "the error is probably at word %zu; compare it with the card",
                 place);
    else if (fault == FAULT_SHARE_CHECKSUM)
        snprintf(sentence, TRAY_SENTENCE,
                 CHECKSUM "more than one word is wrong, one was left out, or two changed places; compare them with the "
                          "card");
    else
        snprintf(sentence, TRAY_SENTENCE, "%s", fault_advice(fault));
}

enum fault share_tray_add(struct share_tray *tray, const uint16_t *words, size_t count, const char *name, bool strict,
                          char sentence[static TRAY_SENTENCE])
{
    struct slip39_share *share = &tray->shares[tray->count];
    char member[SHARE_MEMBER_TEXT];
    if (tray->count == QUORUM_SHARES_MAX) {
        snprintf(sentence, TRAY_SENTENCE, "more than %d shares at once", QUORUM_SHARES_MAX);
        return FAULT_MEMORY;
    }
    enum fault fault = slip39_decode(words, count, share);
    if (fault)
        describe_fault(fault, words, count, sentence);
    else
        fault = check_set(tray, share, strict, "", sentence);
    if (!fault)
        fault = check_fingerprint(tray->known, share, sentence);
    if (!fault && strict && is_entered(tray, share)) {
        share_member_text(share->group_count, share->group + 1, share->member + 1, member);
        snprintf(sentence, TRAY_SENTENCE, "member %s was already entered", member);
        fault = FAULT_SHARE_DUPLICATE;
    }
    if (fault) {
        secret_wipe(share, sizeof *share);
        return fault;
    }
    snprintf(tray->names[tray->count++], TRAY_NAME_MAX, "%s", name);
    share_tray_describe(tray->known, share, sentence);
    return FAULT_NONE;
}
