#include "signer/vault/custody.h"

#include <string.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/quorum.h"

enum { TRIES_MAX = 7000 }; /* all that 8 of 16 have with one of them; a fraction of a second */

static struct {
    struct unseal_pair *pair;    /* in the arena */
    struct slip39_share *shares; /* in the arena */
    uint32_t uids[UNSEAL_SHARES_MAX];
    size_t count;
    uint8_t challenge[UNSEAL_CHALLENGE_SIZE];
    struct unlock_share last; /* public; outlives the shares */
    bool last_was_share;
} custody;

bool custody_open(void)
{
    custody.pair = arena_alloc(sizeof *custody.pair);
    custody.shares = arena_alloc(UNSEAL_SHARES_MAX * sizeof *custody.shares);
    if (!custody.pair || !custody.shares)
        return false;
    unseal_pair_new(custody.pair);
    secret_random(custody.challenge, sizeof custody.challenge);
    return true;
}

void custody_public_key(uint8_t out[static UNSEAL_KEY_SIZE])
{
    memcpy(out, custody.pair->public_key, UNSEAL_KEY_SIZE);
}

void custody_forget(void)
{
    secret_wipe(custody.shares, UNSEAL_SHARES_MAX * sizeof *custody.shares);
    custody.count = 0;
    secret_random(custody.challenge, sizeof custody.challenge);
}

/* -- which are kept -- */

static void drop(size_t which)
{
    memmove(&custody.shares[which], &custody.shares[which + 1], (custody.count - which - 1) * sizeof *custody.shares);
    memmove(&custody.uids[which], &custody.uids[which + 1], (custody.count - which - 1) * sizeof *custody.uids);
    secret_wipe(&custody.shares[--custody.count], sizeof *custody.shares);
}

/* What is given again is the latest, and stands once. */
static void drop_same(const struct slip39_share *share)
{
    for (size_t i = 0; i < custody.count; i++)
        if (slip39_same_set(share, &custody.shares[i]) && share->group == custody.shares[i].group
            && share->member == custody.shares[i].member
            && secret_equal(share->value, custody.shares[i].value, SHAMIR_LENGTH_MAX)) {
            drop(i);
            return;
        }
}

/* The oldest of whoever gave most: nobody can crowd the others' shares out. */
static void make_place(void)
{
    size_t most = 0, victim = 0;
    if (custody.count < UNSEAL_SHARES_MAX)
        return;
    for (size_t i = 0; i < custody.count; i++) {
        size_t given = 0;
        for (size_t j = 0; j < custody.count; j++)
            given += custody.uids[i] == custody.uids[j];
        if (given > most) {
            most = given;
            victim = i;
        }
    }
    drop(victim);
}

static struct unlock_share public_half(const struct slip39_share *share, uint32_t uid)
{
    return (struct unlock_share){ share->id, share->group, share->member, uid };
}

static void keep(const struct slip39_share *share, uint32_t uid)
{
    custody.last = public_half(share, uid);
    drop_same(share);
    make_place();
    custody.shares[custody.count] = *share;
    custody.uids[custody.count++] = uid;
}

/* -- what they give -- */

static bool accept(const struct kek *kek, void *context)
{
    return header_check(context, kek) == FAULT_NONE;
}

/* Quorums of the share that was just given alone: what the others give among themselves was seen when they
 * came, and false ones of strangers cost an honest one nothing. */
static enum fault try_shares(const struct header *header, struct kek *kek, bool *opened)
{
    return quorum_find_with_last(custody.shares, custody.count, TRIES_MAX, accept, (void *)header, kek, opened);
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

enum fault custody_take(const struct header *header, uint32_t uid, const uint8_t *box, size_t length, struct kek *kek,
                        bool *opened)
{
    struct unseal_content *content = arena_alloc(sizeof *content);
    *opened = false;
    if (!content)
        return FAULT_MEMORY;
    enum fault fault = unseal_box_open(box, length, custody.pair, header->keystore_id, custody.challenge, content);
    custody.last_was_share = !fault && content->kind == UNSEAL_SHARE;
    if (!fault && content->kind == UNSEAL_KEK) {
        fault = try_kek(header, content->kek, kek, opened);
    } else if (!fault) {
        keep(&content->share, uid);
        fault = try_shares(header, kek, opened);
    }
    arena_free(content);
    if (*opened)
        custody_forget();
    return fault;
}

/* -- what is seen -- */

void custody_describe(struct unlock_state *out)
{
    *out = (struct unlock_state){ .count = (uint32_t)custody.count,
                                  .last = custody.last,
                                  .last_was_share = custody.last_was_share };
    memcpy(out->challenge, custody.challenge, sizeof out->challenge);
    for (size_t i = 0; i < custody.count; i++) {
        const struct slip39_share *share = &custody.shares[i];
        unsigned missing = quorum_missing(custody.shares, custody.count, i);
        if (i == 0 || missing < out->missing)
            out->missing = missing;
        out->shares[i] = public_half(share, custody.uids[i]);
    }
}
