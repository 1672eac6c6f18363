/* SPDX-License-Identifier: Apache-2.0 */
/* The opened keys of a vault, by fingerprint: an LRU cache. When the arena runs short, the least recently used key is
 * dropped; the gate sends it again, sealed, when it is needed. */
#ifndef SIGNER_VAULT_KEY_CACHE_H
#define SIGNER_VAULT_KEY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/key/algorithm.h"
#include "keystore/key/key_public.h"
#include "signer/vault/crypto.h"

struct cached_key {
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE];
    struct policy policy;
    struct crypto_key *key;
    struct cached_key *next_in_bucket;
    struct cached_key *newer, *older; /* by last use */
};

/* Looks a key up and makes it the most recently used; NULL if it is not cached. Valid until the next change of the
 * cache. */
struct cached_key *key_cache_find(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]);

/* Adds a key; replaces one with the same fingerprint. The cache owns `key`, and frees it also on failure.
 * FAULT_MEMORY if there is no space for the entry. */
enum fault key_cache_add(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE], struct policy policy,
                         struct crypto_key *key) __attribute__((warn_unused_result));

/* Wipe and free one key, which may be absent, or all. */
void key_cache_forget(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]);
void key_cache_forget_all(void);

/* Wipes and frees the least recently used key. False: the cache is empty. */
bool key_cache_drop_oldest(void);

#endif
