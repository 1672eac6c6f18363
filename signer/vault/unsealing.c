/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/unsealing.h"

#include <string.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/quorum.h"

enum { TRIES_MAX = 7000 }; /* the 6435 quorums of 8 of 16 with a given share; a fraction of a second */

static struct {
    struct unseal_pair *pair;    /* in the arena */
    struct slip39_share *shares; /* in the arena */
    uint32_t uids[UNSEAL_SHARES_MAX];
    size_t count;
    uint8_t challenge[UNSEAL_CHALLENGE_SIZE];
    struct unseal_share last; /* public; outlives the shares */
    bool last_was_share;
} unsealing;

bool unsealing_start(void)
{
    unsealing.pair = arena_alloc(sizeof *unsealing.pair);
    unsealing.shares = arena_alloc(UNSEAL_SHARES_MAX * sizeof *unsealing.shares);
    if (!unsealing.pair || !unsealing.shares)
        return false;
    unseal_box_new_pair(unsealing.pair);
    secret_random(unsealing.challenge, sizeof unsealing.challenge);
    return true;
}

void unsealing_public_key(uint8_t out[static UNSEAL_KEY_SIZE])
{
    memcpy(out, unsealing.pair->public_key, UNSEAL_KEY_SIZE);
}

void unsealing_forget(void)
{
    secret_wipe(unsealing.shares, UNSEAL_SHARES_MAX * sizeof *unsealing.shares);
    unsealing.count = 0;
    secret_random(unsealing.challenge, sizeof unsealing.challenge);
}

/* -- which shares are kept -- */

static void drop(size_t which)
{
    memmove(&unsealing.shares[which], &unsealing.shares[which + 1],
            (unsealing.count - which - 1) * sizeof *unsealing.shares);
    memmove(&unsealing.uids[which], &unsealing.uids[which + 1], (unsealing.count - which - 1) * sizeof *unsealing.uids);
    secret_wipe(&unsealing.shares[--unsealing.count], sizeof *unsealing.shares);
}

/* A share that is given again replaces the earlier copy. */
static void drop_same(const struct slip39_share *share)
{
    for (size_t i = 0; i < unsealing.count; i++)
        if (slip39_same_set(share, &unsealing.shares[i]) && share->group == unsealing.shares[i].group
            && share->member == unsealing.shares[i].member
            && secret_equal(share->value, unsealing.shares[i].value, SHAMIR_LENGTH_MAX)) {
            drop(i);
            return;
        }
}

/* Drops the oldest share of the uid that gave most, so that no uid can crowd out the shares of others. */
static void make_place(void)
{
    size_t most = 0, victim = 0;
    if (unsealing.count < UNSEAL_SHARES_MAX)
        return;
    for (size_t i = 0; i < unsealing.count; i++) {
        size_t given = 0;
        for (size_t j = 0; j < unsealing.count; j++)
            given += unsealing.uids[i] == unsealing.uids[j];
        if (given > most) {
            most = given;
            victim = i;
        }
    }
    drop(victim);
}

static struct unseal_share public_half(const struct slip39_share *share, uint32_t uid)
{
    return (struct unseal_share){ share->id, share->group, share->member, uid };
}

static void keep(const struct slip39_share *share, uint32_t uid)
{
    unsealing.last = public_half(share, uid);
    drop_same(share);
    make_place();
    unsealing.shares[unsealing.count] = *share;
    unsealing.uids[unsealing.count++] = uid;
}

/* -- combining them -- */

static bool accept(const struct kek *kek, void *context)
{
    return header_check(context, kek) == FAULT_NONE;
}

/* Tries only quorums that contain the latest share: all others were tried when their last share came. So false shares
 * among themselves cost later custodians nothing. */
static enum fault try_shares(const struct header *header, struct kek *kek, bool *opened)
{
    return quorum_find_with_last(unsealing.shares, unsealing.count, TRIES_MAX, accept, (void *)header, kek, opened);
}

static enum fault try_kek(const struct header *header, const uint8_t *raw, struct kek *kek, bool *opened)
{
    enum fault fault = kek_from_bytes(raw, kek);
    if (!fault)
        fault = header_check(header, kek);
    *opened = fault == FAULT_NONE;
    if (fault)
        secret_wipe(kek, sizeof *kek);
    return fault;
}

enum fault unsealing_add(const struct header *header, uint32_t uid, const uint8_t *box, size_t length, struct kek *kek,
                         bool *opened)
{
    struct unseal_content *content = arena_alloc(sizeof *content);
    *opened = false;
    if (!content)
        return FAULT_MEMORY;
    enum fault fault = unseal_box_open(box, length, unsealing.pair, header->keystore_id, unsealing.challenge, content);
    unsealing.last_was_share = !fault && content->kind == UNSEAL_SHARE;
    if (!fault && content->kind == UNSEAL_KEK) {
        fault = try_kek(header, content->kek, kek, opened);
    } else if (!fault) {
        keep(&content->share, uid);
        fault = try_shares(header, kek, opened);
    }
    arena_free(content);
    if (*opened)
        unsealing_forget();
    return fault;
}

/* -- the state -- */

void unsealing_describe(struct unseal_state *out)
{
    *out = (struct unseal_state){ .count = (uint32_t)unsealing.count,
                                  .last = unsealing.last,
                                  .last_was_share = unsealing.last_was_share };
    memcpy(out->challenge, unsealing.challenge, sizeof out->challenge);
    for (size_t i = 0; i < unsealing.count; i++) {
        const struct slip39_share *share = &unsealing.shares[i];
        unsigned missing = quorum_missing(unsealing.shares, unsealing.count, i);
        if (i == 0 || missing < out->missing)
            out->missing = missing;
        out->shares[i] = public_half(share, unsealing.uids[i]);
    }
}
