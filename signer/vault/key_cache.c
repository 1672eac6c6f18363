/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/key_cache.h"

#include <string.h>

#include "keystore/memory/arena.h"

enum { BUCKETS = 1024 };

static struct cached_key *buckets[BUCKETS];
static struct cached_key *newest, *oldest;

static struct cached_key **bucket_of(const uint8_t *fingerprint)
{
    size_t hash = fingerprint[0] | (size_t)fingerprint[1] << 8; /* a fingerprint is a hash already */
    return &buckets[hash % BUCKETS];
}

static void unlink_use(struct cached_key *entry)
{
    *(entry->newer ? &entry->newer->older : &newest) = entry->older;
    *(entry->older ? &entry->older->newer : &oldest) = entry->newer;
}

static void link_newest(struct cached_key *entry)
{
    entry->newer = NULL;
    entry->older = newest;
    *(newest ? &newest->newer : &oldest) = entry;
    newest = entry;
}

static struct cached_key **slot_of(const uint8_t *fingerprint)
{
    struct cached_key **slot = bucket_of(fingerprint);
    while (*slot && memcmp((*slot)->fingerprint, fingerprint, KEY_FINGERPRINT_SIZE) != 0)
        slot = &(*slot)->next_in_bucket;
    return slot;
}

struct cached_key *key_cache_find(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE])
{
    struct cached_key *entry = *slot_of(fingerprint);
    if (entry && entry != newest) {
        unlink_use(entry);
        link_newest(entry);
    }
    return entry;
}

static void drop(struct cached_key **slot)
{
    struct cached_key *entry = *slot;
    *slot = entry->next_in_bucket;
    unlink_use(entry);
    crypto_free(entry->key);
    arena_free(entry);
}

void key_cache_forget(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE])
{
    struct cached_key **slot = slot_of(fingerprint);
    if (*slot)
        drop(slot);
}

bool key_cache_drop_oldest(void)
{
    if (!oldest)
        return false;
    drop(slot_of(oldest->fingerprint));
    return true;
}

void key_cache_forget_all(void)
{
    while (key_cache_drop_oldest())
        continue;
}

enum fault key_cache_add(const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE], struct policy policy,
                         struct crypto_key *key)
{
    key_cache_forget(fingerprint);
    struct cached_key *entry = arena_alloc(sizeof *entry);
    if (!entry) {
        crypto_free(key);
        return FAULT_MEMORY;
    }
    memcpy(entry->fingerprint, fingerprint, KEY_FINGERPRINT_SIZE);
    entry->policy = policy;
    entry->key = key;
    struct cached_key **bucket = bucket_of(fingerprint);
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_newest(entry);
    return FAULT_NONE;
}
