/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/slip39.h"

#include <string.h>

#include "keystore/memory/secret.h"
#include "keystore/share/rs1024.h"
#include "keystore/share/slip39_cipher.h"

enum {
    WORD_BITS = 10,
    HEADER_BITS = 40, /* SLIP-0039's fields id, ext, e, GI, Gt, g, I, t */
    HEADER_WORDS = HEADER_BITS / WORD_BITS,
    WORDS_BEYOND_VALUE = HEADER_WORDS + RS1024_CHECKSUM_WORDS,
    PADDING_MAX = 8,
};

/* -- words -- */

static size_t value_words(size_t length)
{
    return (8 * length + WORD_BITS - 1) / WORD_BITS;
}

static uint64_t encode_header(const struct slip39_share *share)
{
    uint64_t header = share->id;
    header = header << 1 | share->extendable;
    header = header << 4 | share->exponent;
    header = header << 4 | share->group;
    header = header << 4 | (share->group_threshold - 1u);
    header = header << 4 | (share->group_count - 1u);
    header = header << 4 | share->member;
    return header << 4 | (share->member_threshold - 1u);
}

/* Big-endian bits; the padding is zeros at the front of the first word. */
static void encode_value(const uint8_t *value, size_t length, uint16_t *words)
{
    size_t count = value_words(length), bits = count * WORD_BITS - 8 * length;
    uint32_t buffer = 0;
    for (size_t i = 0; i < length; i++) {
        buffer = buffer << 8 | value[i];
        bits += 8;
        if (bits >= WORD_BITS) {
            bits -= WORD_BITS;
            *words++ = (uint16_t)(buffer >> bits & 0x3ff);
        }
    }
}

size_t slip39_encode(const struct slip39_share *share, uint16_t words[static SLIP39_WORDS_MAX])
{
    uint64_t header = encode_header(share);
    size_t count = HEADER_WORDS + value_words(share->length);
    for (size_t i = 0; i < HEADER_WORDS; i++)
        words[i] = (uint16_t)(header >> (WORD_BITS * (HEADER_WORDS - 1 - i)) & 0x3ff);
    encode_value(share->value, share->length, words + HEADER_WORDS);
    rs1024_put(share->extendable, words, count);
    return count + RS1024_CHECKSUM_WORDS;
}

static void decode_header(const uint16_t *words, struct slip39_share *out)
{
    uint64_t header = 0;
    for (size_t i = 0; i < HEADER_WORDS; i++)
        header = header << WORD_BITS | words[i];
    out->member_threshold = (uint8_t)((header & 15) + 1);
    out->member = header >> 4 & 15;
    out->group_count = (uint8_t)((header >> 8 & 15) + 1);
    out->group_threshold = (uint8_t)((header >> 12 & 15) + 1);
    out->group = header >> 16 & 15;
    out->exponent = header >> 20 & 15;
    out->extendable = header >> 24 & 1;
    out->id = header >> 25 & 0x7fff;
}

/* False if the padding is not zero. */
static bool decode_value(const uint16_t *words, size_t count, size_t padding, uint8_t *out)
{
    uint32_t buffer = 0;
    size_t bits = 0;
    bool zero = words[0] >> (WORD_BITS - padding) == 0;
    for (size_t i = 0; i < count; i++) {
        buffer = buffer << WORD_BITS | words[i];
        bits += i == 0 ? WORD_BITS - padding : WORD_BITS;
        for (; bits >= 8; bits -= 8)
            *out++ = (uint8_t)(buffer >> (bits - 8));
    }
    return zero;
}

static enum fault check(const uint16_t *words, size_t count, size_t padding, struct slip39_share *share)
{
    decode_header(words, share);
    if (!rs1024_is_right(share->extendable, words, count))
        return FAULT_SHARE_CHECKSUM;
    if (!decode_value(words + HEADER_WORDS, count - WORDS_BEYOND_VALUE, padding, share->value))
        return FAULT_SHARE_PADDING;
    if (share->group_threshold > share->group_count || share->group >= share->group_count)
        return FAULT_SHARE_THRESHOLD;
    return share->exponent > SLIP39_EXPONENT_MAX ? FAULT_SHARE_EXPONENT : FAULT_NONE;
}

enum fault slip39_decode(const uint16_t *words, size_t count, struct slip39_share *out)
{
    *out = (struct slip39_share){ 0 };
    if (count < SLIP39_WORDS_MIN || count > SLIP39_WORDS_MAX)
        return FAULT_SHARE_LENGTH;
    size_t padding = WORD_BITS * (count - WORDS_BEYOND_VALUE) % 16; /* values are of even length */
    if (padding > PADDING_MAX)
        return FAULT_SHARE_LENGTH;
    out->length = (uint8_t)((WORD_BITS * (count - WORDS_BEYOND_VALUE) - padding) / 8);
    enum fault fault = check(words, count, padding, out);
    if (fault)
        secret_wipe(out, sizeof *out);
    return fault;
}

/* -- splitting -- */

bool slip39_plan_is_valid(const struct slip39_plan *plan)
{
    if (plan->id >= SLIP39_ID_COUNT || plan->exponent > SLIP39_EXPONENT_MAX || plan->group_count < 1
        || plan->group_count > SLIP39_GROUPS_MAX || plan->group_threshold < 1
        || plan->group_threshold > plan->group_count)
        return false;
    for (unsigned i = 0; i < plan->group_count; i++) {
        unsigned threshold = plan->groups[i].threshold, count = plan->groups[i].count;
        if (threshold < 1 || threshold > count || count > SHAMIR_SHARES_MAX || (threshold == 1 && count > 1))
            return false;
    }
    return true;
}

static void split_group(const struct slip39_plan *plan, const struct shamir_share *group, size_t length,
                        struct slip39_share *out)
{
    struct shamir_share members[SHAMIR_SHARES_MAX];
    unsigned threshold = plan->groups[group->x].threshold, count = plan->groups[group->x].count;
    shamir_split(group->value, length, threshold, count, members);
    for (unsigned i = 0; i < count; i++) {
        out[i] = (struct slip39_share){
            .id = plan->id,
            .extendable = true,
            .exponent = plan->exponent,
            .group = group->x,
            .group_threshold = plan->group_threshold,
            .group_count = plan->group_count,
            .member = members[i].x,
            .member_threshold = (uint8_t)threshold,
            .length = (uint8_t)length,
        };
        memcpy(out[i].value, members[i].value, length);
    }
    secret_wipe(members, sizeof members);
}

size_t slip39_split(const struct slip39_plan *plan, const uint8_t *secret, size_t length, struct slip39_share *out)
{
    struct shamir_share groups[SLIP39_GROUPS_MAX];
    uint8_t encrypted[SHAMIR_LENGTH_MAX];
    const struct slip39_cipher cipher = { plan->id, true, plan->exponent, "" };
    size_t made = 0;
    slip39_cipher_encrypt(&cipher, secret, length, encrypted);
    shamir_split(encrypted, length, plan->group_threshold, plan->group_count, groups);
    for (unsigned i = 0; i < plan->group_count; i++) {
        split_group(plan, &groups[i], length, out + made);
        made += plan->groups[i].count;
    }
    secret_wipe(groups, sizeof groups);
    secret_wipe(encrypted, sizeof encrypted);
    return made;
}

/* -- joining -- */

bool slip39_same_set(const struct slip39_share *a, const struct slip39_share *b)
{
    bool same_group_agrees = a->group != b->group || a->member_threshold == b->member_threshold;
    return a->id == b->id && a->extendable == b->extendable && a->exponent == b->exponent
        && a->group_threshold == b->group_threshold && a->group_count == b->group_count && a->length == b->length
        && same_group_agrees;
}

static enum fault check_set(const struct slip39_share *shares, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            if (!slip39_same_set(&shares[i], &shares[j]))
                return FAULT_SHARE_OTHER_SET;
            if (shares[i].group == shares[j].group && shares[i].member == shares[j].member
                && !secret_equal(shares[i].value, shares[j].value, shares[i].length))
                return FAULT_SHARE_DUPLICATE;
        }
    return count == 0 ? FAULT_SHARE_TOO_FEW : FAULT_NONE;
}

/* Collects the members of a group, each once. */
static unsigned collect(const struct slip39_share *shares, size_t count, unsigned group,
                        struct shamir_share out[static SHAMIR_SHARES_MAX], unsigned *threshold)
{
    unsigned found = 0, seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (shares[i].group != group || (seen >> shares[i].member & 1))
            continue;
        seen |= 1u << shares[i].member;
        *threshold = shares[i].member_threshold;
        out[found].x = shares[i].member;
        memcpy(out[found++].value, shares[i].value, shares[i].length);
    }
    return found;
}

/* Joins the first `threshold` points; the others must lie on the same polynomial. */
static enum fault join(const struct shamir_share *points, unsigned found, unsigned threshold, size_t length,
                       uint8_t *secret)
{
    uint8_t value[SHAMIR_LENGTH_MAX];
    bool fits = shamir_combine(points, threshold, length, secret);
    for (unsigned i = threshold; i < found && fits; i++) {
        shamir_value_at(points, threshold, length, points[i].x, value);
        fits = secret_equal(value, points[i].value, length);
    }
    secret_wipe(value, sizeof value);
    return fits ? FAULT_NONE : FAULT_SHARE_MISMATCH;
}

/* Joins the groups that have enough members to points of the outer polynomial. */
static enum fault join_groups(const struct slip39_share *shares, size_t count, struct shamir_share *groups,
                              unsigned *complete)
{
    struct shamir_share members[SHAMIR_SHARES_MAX];
    enum fault fault = FAULT_NONE;
    for (unsigned group = 0; group < shares->group_count && !fault; group++) {
        unsigned threshold = 0;
        unsigned found = collect(shares, count, group, members, &threshold);
        if (found == 0 || found < threshold)
            continue;
        groups[*complete].x = (uint8_t)group;
        fault = join(members, found, threshold, shares->length, groups[(*complete)++].value);
    }
    secret_wipe(members, sizeof members);
    return fault;
}

static enum fault join_all(const struct slip39_share *shares, size_t count, uint8_t *encrypted)
{
    struct shamir_share groups[SLIP39_GROUPS_MAX] = { 0 };
    unsigned complete = 0;
    enum fault fault = join_groups(shares, count, groups, &complete);
    if (!fault && complete < shares->group_threshold)
        fault = FAULT_SHARE_TOO_FEW;
    if (!fault)
        fault = join(groups, complete, shares->group_threshold, shares->length, encrypted);
    secret_wipe(groups, sizeof groups);
    return fault;
}

enum fault slip39_join(const struct slip39_share *shares, size_t count, uint8_t encrypted[static SHAMIR_LENGTH_MAX])
{
    memset(encrypted, 0, SHAMIR_LENGTH_MAX);
    enum fault fault = check_set(shares, count);
    return fault ? fault : join_all(shares, count, encrypted);
}

enum fault slip39_combine(const struct slip39_share *shares, size_t count, const char *passphrase,
                          uint8_t secret[static SHAMIR_LENGTH_MAX], size_t *length)
{
    uint8_t encrypted[SHAMIR_LENGTH_MAX];
    memset(secret, 0, SHAMIR_LENGTH_MAX);
    enum fault fault = slip39_join(shares, count, encrypted);
    if (!fault) {
        const struct slip39_cipher cipher = { shares->id, shares->extendable, shares->exponent, passphrase };
        slip39_cipher_decrypt(&cipher, encrypted, shares->length, secret);
        *length = shares->length;
    }
    secret_wipe(encrypted, sizeof encrypted);
    return fault;
}
