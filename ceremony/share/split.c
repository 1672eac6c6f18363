/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/split.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "ceremony/tool/tool.h"
#include "client/signer.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

/* -- the policy -- */

bool split_add_group(struct split_policy *options, const char *text)
{
    unsigned threshold, count;
    char end;
    if (options->group_count == SLIP39_GROUPS_MAX || sscanf(text, "%2u/%2u%c", &threshold, &count, &end) != 2
        || threshold < 1 || count > SHAMIR_SHARES_MAX || threshold > count)
        return false;
    options->groups[options->group_count].threshold = (uint8_t)threshold;
    options->groups[options->group_count++].count = (uint8_t)count;
    return true;
}

static size_t count_shares(const struct split_policy *options)
{
    size_t count = 0;
    for (size_t i = 0; i < options->group_count; i++)
        count += options->groups[i].count;
    return count;
}

/* The largest number of shares that a quorum can have: of the groups with the highest thresholds. */
static size_t largest_quorum(const struct split_policy *options)
{
    size_t needed = 0;
    unsigned counted = 0;
    for (unsigned threshold = SHAMIR_SHARES_MAX; threshold > 0; threshold--)
        for (size_t i = 0; i < options->group_count && counted < options->group_threshold; i++)
            if (options->groups[i].threshold == threshold) {
                needed += threshold;
                counted++;
            }
    return needed;
}

const char *split_check_custodian(const struct split_policy *options, size_t i)
{
    static char sentence[2 * SHARE_LABEL_SIZE + 200];
    const char *name = options->labels[i];
    if (!share_set_is_label(name) || !name[0])
        return "a custodian's name cannot be used: " SHARE_LABEL_RULE;
    for (size_t before = 0; before < i; before++)
        if (strcasecmp(options->labels[before], name) == 0) {
            snprintf(
                sentence, sizeof sentence,
                "\"%s\" has a share already, and two shares in one hand are one lock less: name another person, or, "
                "where that is meant, tell the two apart, as in \"%s (second share)\"",
                name, name);
            return sentence;
        }
    return NULL;
}

static const char *settle_groups(struct split_policy *options, unsigned threshold, unsigned shares)
{
    if (shares != 0 && shares != options->group_count)
        return "with --group, --shares is the number of groups; leave it out";
    if (threshold > options->group_count)
        return "with --group, --threshold is a number of groups, and there are fewer groups";
    options->group_threshold = (uint8_t)(threshold ? threshold : options->group_count);
    return NULL;
}

const char *split_settle(struct split_policy *options, unsigned threshold, unsigned shares)
{
    if (options->group_count > 0) {
        const char *wrong = settle_groups(options, threshold, shares);
        if (wrong)
            return wrong;
    } else {
        if (threshold < 2 || threshold > shares || shares > SHAMIR_SHARES_MAX)
            return "needs --threshold M and --shares N with 2 <= M <= N <= 16: one share alone must never be the KEK";
        options->group_threshold = options->group_count = 1;
        options->groups[0].threshold = (uint8_t)threshold;
        options->groups[0].count = (uint8_t)shares;
    }
    if (options->group_threshold == 1)
        for (size_t i = 0; i < options->group_count; i++)
            if (options->groups[i].threshold == 1)
                return "one share alone would be the KEK; require more shares or more groups";
    if (count_shares(options) > QUORUM_SHARES_MAX)
        return "a set has at most 64 shares";
    if (largest_quorum(options) > SIGNER_UNSEAL_SHARES_MAX)
        return "a quorum could need more than 16 shares, and a sealed signer holds 16; lower the thresholds";
    if (options->label_count > 0 && options->label_count != count_shares(options))
        return "name a custodian once for each share, in order, or not at all";
    const char *wrong = NULL;
    for (size_t i = 0; !wrong && i < options->label_count; i++)
        wrong = split_check_custodian(options, i);
    return wrong;
}

/* -- the split -- */

static uint16_t draw_id(const struct known_sets *known)
{
    uint16_t id;
    do {
        secret_random((uint8_t *)&id, sizeof id);
        id &= SLIP39_ID_COUNT - 1;
    } while (known_sets_has_id(known, id));
    return id;
}

/* A group of 1 of n is one share that n custodians hold: SLIP-0039 allows no group of 1 of several shares. */
static struct slip39_plan plan_of(const struct split_policy *options, uint16_t id)
{
    struct slip39_plan plan = { .id = id,
                                .group_threshold = options->group_threshold,
                                .group_count = options->group_count };
    for (size_t i = 0; i < options->group_count; i++) {
        plan.groups[i].threshold = options->groups[i].threshold;
        plan.groups[i].count = options->groups[i].threshold == 1 ? 1 : options->groups[i].count;
    }
    return plan;
}

static void fill_holder(struct split *split, const struct slip39_share *share, uint8_t group, uint8_t member,
                        const char *label)
{
    struct share_holder *holder = &split->set.holders[split->set.count];
    uint16_t *words = split->words[split->set.count++];
    holder->group = group;
    holder->member = member;
    snprintf(holder->label, sizeof holder->label, "%s", label);
    split->word_count = slip39_encode(share, words);
    share_fingerprint(words, split->word_count, holder->fingerprint);
}

static void fill_holders(const struct split_policy *options, const struct slip39_share *shares, struct split *split)
{
    for (uint8_t group = 0; group < options->group_count; group++) {
        bool copies = options->groups[group].threshold == 1;
        for (uint8_t member = 0; member < options->groups[group].count; member++) {
            size_t n = split->set.count;
            fill_holder(split, shares, (uint8_t)(group + 1), (uint8_t)(member + 1),
                        options->label_count > n ? options->labels[n] : "");
            shares += !copies;
        }
        shares += copies;
    }
}

struct comparison {
    uint8_t first[SHAMIR_LENGTH_MAX];
    size_t count;
};

/* Stops at the first quorum whose secret differs from that of the others. */
static bool differs(const struct slip39_share *shares, size_t count, uint64_t mask, void *context)
{
    struct comparison *comparison = context;
    uint8_t encrypted[SHAMIR_LENGTH_MAX];
    bool ok = slip39_join(shares, count, encrypted) == FAULT_NONE;
    (void)mask;
    if (ok && comparison->count++ == 0)
        memcpy(comparison->first, encrypted, sizeof encrypted);
    ok = ok && secret_equal(comparison->first, encrypted, sizeof encrypted);
    secret_wipe(encrypted, sizeof encrypted);
    return !ok;
}

/* Checks that all quorums agree, and that the words, decoded again, join to the KEK. */
static bool check(const struct split *split, const struct slip39_share *shares, size_t count, const struct kek *kek)
{
    struct comparison *comparison = arena_alloc(sizeof *comparison);
    struct slip39_share *again = arena_alloc(QUORUM_SHARES_MAX * sizeof *again);
    struct kek *joined = arena_alloc(sizeof *joined);
    enum fault fault = comparison && again && joined ? FAULT_NONE : FAULT_MEMORY;
    bool ok = !fault && !quorum_each(shares, count, differs, comparison, &fault) && !fault && comparison->count > 0;
    for (size_t i = 0; ok && i < split->set.count; i++)
        ok = slip39_decode(split->words[i], split->word_count, &again[i]) == FAULT_NONE;
    ok = ok && share_join(again, split->set.count, joined) == FAULT_NONE
        && secret_equal(joined->key, kek->key, KEK_SIZE);
    if (ok)
        fprintf(stderr,
                comparison->count < QUORUM_TRIES_MAX
                    ? "checked in memory: each of %zu quorums gives the KEK\n"
                    : "checked in memory: each of the first %zu quorums gives the KEK; there are more\n",
                comparison->count);
    arena_free(comparison);
    arena_free(again);
    arena_free(joined);
    return ok;
}

static void fill_set(const struct split_policy *options, const struct kek *kek, const struct known_sets *known,
                     const uint8_t *keystore_id, struct share_set *set)
{
    set->kek = kek->id;
    set->generation = known_sets_newest(known, &kek->id) + 1;
    set->made = time_now();
    set->group_threshold = options->group_threshold;
    set->group_count = options->group_count;
    memcpy(set->keystore_id, keystore_id, KEYSTORE_ID_SIZE);
    for (size_t i = 0; i < options->group_count; i++) {
        set->groups[i].threshold = options->groups[i].threshold;
        set->groups[i].count = options->groups[i].count;
    }
}

bool split_make(const struct split_policy *options, const struct kek *kek, const struct known_sets *known,
                const uint8_t keystore_id[static KEYSTORE_ID_SIZE], struct split *out)
{
    *out = (struct split){ .words = arena_alloc(QUORUM_SHARES_MAX * sizeof *out->words) };
    struct slip39_share *shares = arena_alloc(QUORUM_SHARES_MAX * sizeof *shares);
    fill_set(options, kek, known, keystore_id, &out->set);
    out->set.set = draw_id(known);
    const struct slip39_plan plan = plan_of(options, out->set.set);
    bool ok = out->words && shares && slip39_plan_is_valid(&plan) && out->set.generation <= SHARE_GENERATION_MAX;
    if (ok) {
        size_t count = slip39_split(&plan, kek->key, KEK_SIZE, shares);
        fill_holders(options, shares, out);
        ok = check(out, shares, count, kek);
    }
    arena_free(shares);
    if (!ok) {
        split_free(out);
        command_fail("the split did not pass its own check; nothing was written");
    }
    return ok;
}

void split_free(struct split *split)
{
    arena_free(split->words);
    split->words = NULL;
}
