/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of shares for the tests of ceremony/: split from a KEK that is the same in every run. */
#ifndef TESTS_UNIT_CEREMONY_SHARES_H
#define TESTS_UNIT_CEREMONY_SHARES_H

#include "ceremony/share/split.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t shares_keystore[KEYSTORE_ID_SIZE] = { 0xca, 1, 2, 3 };
static const struct known_sets shares_unknown = { 0 };

static inline bool shares_start(void)
{
    return arena_open(ARENA_USEFUL) && secret_start();
}

/* The KEK 0x`first`, 1, 2 … 31. */
static inline struct kek shares_kek(uint8_t first)
{
    uint8_t raw[KEK_SIZE] = { first };
    struct kek kek;
    for (uint8_t i = 1; i < KEK_SIZE; i++)
        raw[i] = i;
    if (kek_from_bytes(raw, &kek) != FAULT_NONE)
        abort();
    return kek;
}

/* M of N in one group, for Alice, Bob and others who have no name. */
static inline bool shares_split(unsigned threshold, unsigned count, const struct known_sets *known, struct split *out)
{
    static const char *const names[] = { "Alice", "Bob" };
    const struct kek kek = shares_kek(0x55);
    struct split_policy options = { 0 };
    if (split_settle(&options, threshold, count) || !split_make(&options, &kek, known, shares_keystore, out))
        return false;
    for (size_t i = 0; i < UNIT_COUNT(names) && i < out->set.count; i++)
        strcpy(out->set.holders[i].label, names[i]);
    return true;
}

#endif
