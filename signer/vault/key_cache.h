/* The keys that a vault holds open, by fingerprint. A cache: when the arena runs short, the key
 * that was used longest ago goes, and the gate brings it again, sealed. */
#ifndef SIGNER_KEY_CACHE_H
#define SIGNER_KEY_CACHE_H

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
    struct cached_key *newer, *older; /* by use */
};

/* The key, which thereby counts as used; NULL if it is not here. */
struct cached_key *key_cache_find(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]);

/* Takes over `key` (also on failure, which frees it). A key of that name is replaced.
 * FAULT_MEMORY if there is no room for the entry. */
enum fault key_cache_add(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE], struct policy policy,
                         struct crypto_key *key) __attribute__((warn_unused_result));

void key_cache_forget(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]);
void key_cache_forget_all(void);

/* Drops the key that was used longest ago; false if there is none. */
bool key_cache_drop_oldest(void);

#endif
