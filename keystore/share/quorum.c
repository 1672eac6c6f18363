/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/quorum.h"

#include <string.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/share.h"

struct search {
    const struct slip39_share *shares;
    size_t count;
    quorum_visit *visit;
    void *context;
    struct slip39_share *chosen; /* in the arena */
    size_t chosen_count;
    uint64_t mask;
    unsigned tries, steps;
};

/* -- enumerating the minimal quorums -- */

static unsigned chosen_of_group(const struct search *search, unsigned group)
{
    unsigned count = 0;
    for (size_t i = 0; i < search->chosen_count; i++)
        count += search->chosen[i].group == group;
    return count;
}

static unsigned chosen_groups(const struct search *search, bool *complete)
{
    unsigned seen = 0, groups = 0;
    *complete = true;
    for (size_t i = 0; i < search->chosen_count; i++) {
        const struct slip39_share *share = &search->chosen[i];
        if (!(seen >> share->group & 1))
            groups++;
        seen |= 1u << share->group;
        *complete = *complete && chosen_of_group(search, share->group) == share->member_threshold;
    }
    return groups;
}

/* Whether a share can extend the chosen ones: same set, another member, and its group still needs members. */
static bool may_join(const struct search *search, const struct slip39_share *share)
{
    bool complete;
    for (size_t i = 0; i < search->chosen_count; i++) {
        const struct slip39_share *other = &search->chosen[i];
        if (!slip39_same_set(share, other) || (share->group == other->group && share->member == other->member))
            return false;
    }
    unsigned of_group = chosen_of_group(search, share->group);
    if (of_group > 0)
        return of_group < share->member_threshold;
    return search->chosen_count == 0 || chosen_groups(search, &complete) < share->group_threshold;
}

static bool is_quorum(const struct search *search)
{
    bool complete;
    return search->chosen_count > 0 && chosen_groups(search, &complete) == search->chosen->group_threshold && complete;
}

/* Backtracking: visits every minimal quorum that contains the chosen shares and others from index `from` on. */
static bool extend(struct search *search, size_t from)
{
    if (is_quorum(search)) {
        search->tries++;
        return search->visit(search->chosen, search->chosen_count, search->mask, search->context);
    }
    for (size_t i = from; i < search->count && search->tries < QUORUM_TRIES_MAX; i++) {
        if (++search->steps > QUORUM_STEPS_MAX)
            return false;
        if (!may_join(search, &search->shares[i]))
            continue;
        search->chosen[search->chosen_count++] = search->shares[i];
        search->mask |= (uint64_t)1 << i;
        if (extend(search, i + 1))
            return true;
        search->chosen_count--;
        search->mask &= ~((uint64_t)1 << i);
    }
    return false;
}

bool quorum_each(const struct slip39_share *shares, size_t count, quorum_visit *visit, void *context, enum fault *fault)
{
    struct search search = { .shares = shares, .count = count, .visit = visit, .context = context };
    search.chosen = arena_alloc(QUORUM_SHARES_MAX * sizeof *search.chosen);
    *fault = search.chosen && count <= QUORUM_SHARES_MAX ? FAULT_NONE : FAULT_MEMORY;
    bool enough = !*fault && extend(&search, 0);
    arena_free(search.chosen);
    return enough;
}

/* -- finding the right KEK -- */

struct finding {
    quorum_accept *accept;
    void *context;
    struct kek *out;
    uint64_t mask;
    enum fault best;                   /* the fault of the attempt that got furthest */
    uint8_t joined[SHAMIR_LENGTH_MAX]; /* the encrypted secret of the last consistent quorum */
    uint16_t set;
    bool has_joined;
};

/* Whether this encrypted secret was tried already: its decryption (PBKDF2) is the slow step and would yield the
 * same. */
static bool is_known(const struct finding *finding, const struct slip39_share *shares, const uint8_t *joined)
{
    return finding->has_joined && finding->set == shares->id
        && secret_equal(finding->joined, joined, sizeof finding->joined);
}

static bool accept_joined(struct finding *finding, const struct slip39_share *shares, size_t count)
{
    enum fault fault = share_join(shares, count, finding->out);
    bool ok = !fault && finding->accept(finding->out, finding->context);
    if (!fault)
        finding->best = FAULT_KEK_MISMATCH;
    else if (finding->best == FAULT_SHARE_TOO_FEW)
        finding->best = FAULT_SHARE_MISMATCH;
    finding->has_joined = true;
    finding->set = shares->id;
    if (!ok)
        secret_wipe(finding->out, sizeof *finding->out);
    return ok;
}

static bool try_quorum(const struct slip39_share *shares, size_t count, uint64_t mask, void *context)
{
    struct finding *finding = context;
    uint8_t joined[SHAMIR_LENGTH_MAX];
    bool ok = false;
    finding->mask = mask;
    if (slip39_join(shares, count, joined) != FAULT_NONE) {
        if (finding->best == FAULT_SHARE_TOO_FEW)
            finding->best = FAULT_SHARE_MISMATCH;
    } else if (!is_known(finding, shares, joined)) {
        memcpy(finding->joined, joined, sizeof joined);
        ok = accept_joined(finding, shares, count);
    }
    secret_wipe(joined, sizeof joined);
    return ok;
}

/* -- finding the false shares -- */

struct judging {
    const struct finding *finding;
    uint64_t good; /* bit n: share n is in a quorum that yields the same secret */
};

static bool note_good(const struct slip39_share *shares, size_t count, uint64_t mask, void *context)
{
    struct judging *judging = context;
    uint8_t joined[SHAMIR_LENGTH_MAX];
    if (slip39_join(shares, count, joined) == FAULT_NONE && is_known(judging->finding, shares, joined))
        judging->good |= mask;
    secret_wipe(joined, sizeof joined);
    return false;
}

static unsigned members_of(const struct slip39_share *shares, size_t count, const struct slip39_share *set,
                           unsigned group, unsigned *threshold);

/* The false shares: they claim the set that was joined and their group has enough members, but no quorum with them
 * yields the secret. */
static uint64_t check_others(const struct slip39_share *shares, size_t count, const struct finding *finding)
{
    struct judging judging = { finding, finding->mask };
    uint64_t wrong = 0;
    size_t first = 0;
    enum fault fault;
    while (!(finding->mask >> first & 1))
        first++;
    (void)quorum_each(shares, count, note_good, &judging, &fault);
    for (size_t i = 0; !fault && i < count; i++) {
        unsigned threshold = 0;
        if (!(judging.good >> i & 1) && slip39_same_set(&shares[i], &shares[first])
            && members_of(shares, count, &shares[i], shares[i].group, &threshold) >= threshold)
            wrong |= (uint64_t)1 << i;
    }
    return wrong;
}

enum fault quorum_find(const struct slip39_share *shares, size_t count, quorum_accept *accept, void *context,
                       struct kek *out, struct quorum *found)
{
    struct finding *finding = arena_alloc(sizeof *finding);
    enum fault fault = FAULT_MEMORY;
    *found = (struct quorum){ 0 };
    if (!finding)
        return fault;
    *finding = (struct finding){ .accept = accept, .context = context, .out = out, .best = FAULT_SHARE_TOO_FEW };
    if (quorum_each(shares, count, try_quorum, finding, &fault))
        *found = (struct quorum){ finding->mask, check_others(shares, count, finding) };
    else if (!fault)
        fault = finding->best;
    arena_free(finding);
    return fault;
}

/* The search starts with the last share chosen, so that every quorum contains it. */
enum fault quorum_find_with_last(const struct slip39_share *shares, size_t count, unsigned tries, quorum_accept *accept,
                                 void *context, struct kek *out, bool *given)
{
    struct finding *finding = arena_alloc(sizeof *finding);
    struct search search = { .shares = shares,
                             .count = count - 1,
                             .visit = try_quorum,
                             .context = finding,
                             .tries = tries < QUORUM_TRIES_MAX ? QUORUM_TRIES_MAX - tries : 0,
                             .chosen_count = 1 };
    search.chosen = arena_alloc(QUORUM_SHARES_MAX * sizeof *search.chosen);
    enum fault fault = finding && search.chosen ? FAULT_NONE : FAULT_MEMORY;
    *given = false;
    if (!fault) {
        *finding = (struct finding){ .accept = accept, .context = context, .out = out, .best = FAULT_SHARE_TOO_FEW };
        search.chosen[0] = shares[count - 1];
        *given = extend(&search, 0);
        fault = *given || finding->best == FAULT_SHARE_TOO_FEW ? FAULT_NONE : finding->best;
    }
    arena_free(search.chosen);
    arena_free(finding);
    return fault;
}

/* -- counting the missing shares -- */

static unsigned members_of(const struct slip39_share *shares, size_t count, const struct slip39_share *set,
                           unsigned group, unsigned *threshold)
{
    unsigned seen = 0, found = 0;
    for (size_t i = 0; i < count; i++) {
        if (shares[i].group != group || !slip39_same_set(&shares[i], set) || (seen >> shares[i].member & 1))
            continue;
        seen |= 1u << shares[i].member;
        *threshold = shares[i].member_threshold;
        found++;
    }
    return found;
}

unsigned quorum_missing(const struct slip39_share *shares, size_t count, size_t one)
{
    const struct slip39_share *set = &shares[one];
    uint8_t needs[SLIP39_GROUPS_MAX];
    unsigned missing = 0;
    for (unsigned group = 0; group < set->group_count; group++) {
        unsigned threshold = 1; /* a group without shares has an unknown threshold: at least one is needed */
        unsigned found = members_of(shares, count, set, group, &threshold);
        needs[group] = (uint8_t)(found < threshold ? threshold - found : 0);
    }
    for (unsigned chosen = 0; chosen < set->group_threshold; chosen++) { /* the groups that need fewest */
        unsigned best = 0;
        for (unsigned group = 1; group < set->group_count; group++)
            if (needs[group] < needs[best])
                best = group;
        missing += needs[best];
        needs[best] = UINT8_MAX;
    }
    return missing;
}
