/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/keys.h"

#include <stdlib.h>
#include <string.h>

static size_t bucket_of(const struct key_id *id)
{
    return key_id_hash(id) & (KEYS_BUCKETS - 1);
}

bool keys_open(struct keys *keys)
{
    *keys = (struct keys){ .buckets = calloc(KEYS_BUCKETS, sizeof *keys->buckets) };
    return keys->buckets != NULL;
}

static struct key **slot_of(struct keys *keys, const struct key_id *id)
{
    struct key **slot = &keys->buckets[bucket_of(id)];
    while (*slot && strcmp((*slot)->id.text, id->text) != 0)
        slot = &(*slot)->next_in_bucket;
    return slot;
}

struct key *keys_find(struct keys *keys, const struct key_id *id)
{
    return *slot_of(keys, id);
}

static void unlink_use(struct keys *keys, struct key *key)
{
    *(key->newer ? &key->newer->older : &keys->newest) = key->older;
    *(key->older ? &key->older->newer : &keys->oldest) = key->newer;
}

static void link_newest(struct keys *keys, struct key *key)
{
    key->newer = NULL;
    key->older = keys->newest;
    *(keys->newest ? &keys->newest->newer : &keys->oldest) = key;
    keys->newest = key;
}

void keys_unlearn(struct key *key)
{
    free((uint8_t *)key->public.spki);
    key->public = (struct key_public){ 0 };
    key->known = key->has_inspected = false;
    key->loaded = 0;
}

static void drop(struct keys *keys, struct key *key)
{
    *slot_of(keys, &key->id) = key->next_in_bucket;
    unlink_use(keys, key);
    keys_unlearn(key);
    free(key);
    keys->count--;
}

/* Evicts the least recently used entries beyond the bound; the sealed files have the facts. An entry with references is
 * kept and moved to the front, so that it is not tried again soon. */
static void drop_oldest(struct keys *keys)
{
    for (int tries = 0; tries < 8 && keys->count > KEYS_REMEMBERED; tries++) {
        struct key *key = keys->oldest;
        if (key->references == 0) {
            keys->dropped_some = true;
            drop(keys, key);
            continue;
        }
        unlink_use(keys, key);
        link_newest(keys, key);
    }
}

struct key *keys_hold(struct keys *keys, const struct key_id *id)
{
    struct key **slot = slot_of(keys, id), *key = *slot;
    if (key) {
        unlink_use(keys, key);
    } else {
        key = calloc(1, sizeof *key);
        if (!key)
            return NULL;
        key->id = *id;
        *slot = key;
        keys->count++;
    }
    link_newest(keys, key);
    key->references++;
    drop_oldest(keys);
    return key;
}

void keys_release(struct keys *keys, struct key *key)
{
    key->references--;
    if (key->references == 0 && !key->known)
        drop(keys, key); /* an id that was only asked for needs no entry */
}

bool keys_learn(struct key *key, const struct key_public *public,
                const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE])
{
    if (key->known && memcmp(key->fingerprint, fingerprint, KEY_FINGERPRINT_SIZE) == 0)
        return true;
    uint8_t *spki = malloc(public->spki_length);
    if (!spki)
        return false;
    memcpy(spki, public->spki, public->spki_length);
    keys_unlearn(key);
    key->public = *public;
    key->public.spki = spki;
    sha256(spki, public->spki_length, key->spki_sha256);
    key->known = true;
    memcpy(key->fingerprint, fingerprint, KEY_FINGERPRINT_SIZE);
    return true;
}

void keys_unlearn_all(struct keys *keys)
{
    for (struct key *key = keys->newest; key; key = key->older)
        keys_unlearn(key);
}
