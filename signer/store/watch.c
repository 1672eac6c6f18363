/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/store/watch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct watched {
    struct key_id id;
    struct file_identity identity;
    struct watched *next;
};

struct watch {
    size_t count, bucket_count; /* bucket_count is a power of two */
    size_t next;                /* bucket at which the round continues */
    struct watched **buckets;
};

enum {
    FIRST_BUCKETS = 256,
    LOOKS = 2048, /* files per call: a few milliseconds in which the store answers nothing else */
};

struct watch *watch_new(void)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->bucket_count = FIRST_BUCKETS;
    watch->buckets = calloc(FIRST_BUCKETS, sizeof *watch->buckets);
    if (!watch->buckets) {
        free(watch);
        return NULL;
    }
    return watch;
}

static struct watched **slot_of(struct watch *watch, const struct key_id *id)
{
    struct watched **slot = &watch->buckets[key_id_hash(id) & (watch->bucket_count - 1)];
    while (*slot && strcmp((*slot)->id.text, id->text) != 0)
        slot = &(*slot)->next;
    return slot;
}

static void grow(struct watch *watch)
{
    struct watch bigger = { watch->count, 2 * watch->bucket_count, 0, NULL };
    bigger.buckets = calloc(bigger.bucket_count, sizeof *bigger.buckets);
    if (!bigger.buckets)
        return; /* out of memory only makes the chains longer */
    for (size_t i = 0; i < watch->bucket_count; i++)
        for (struct watched *entry = watch->buckets[i], *next; entry; entry = next) {
            struct watched **head = &bigger.buckets[key_id_hash(&entry->id) & (bigger.bucket_count - 1)];
            next = entry->next;
            entry->next = *head;
            *head = entry;
        }
    free(watch->buckets);
    *watch = bigger;
}

bool watch_add(struct watch *watch, const struct key_id *id, const struct file_identity *identity)
{
    struct watched **slot = slot_of(watch, id);
    if (!*slot) {
        *slot = calloc(1, sizeof **slot);
        if (!*slot)
            return false;
        (*slot)->id = *id;
        (*slot)->identity = *identity;
        watch->count++;
    }
    if (watch->count > watch->bucket_count)
        grow(watch);
    return true;
}

void watch_made(struct watch *watch, const struct key_id *id, const struct file_identity *identity)
{
    static const struct file_identity none;
    struct watched *entry = *slot_of(watch, id);
    if (entry && file_identity_equal(&entry->identity, &none))
        entry->identity = *identity;
}

static void drop(struct watch *watch, struct watched **slot)
{
    struct watched *entry = *slot;
    *slot = entry->next;
    free(entry);
    watch->count--;
}

static bool is_same(const struct directory *directory, const struct watched *entry)
{
    struct file_identity found;
    return directory_identify_key(directory, &entry->id, &found) == FAULT_NONE
        && file_identity_equal(&entry->identity, &found);
}

/* Checks one bucket; changed keys are reported and dropped, up to `capacity`. */
static size_t look_into(struct watch *watch, const struct directory *directory, struct watched **slot,
                        struct key_id *changed, size_t capacity, size_t *looked)
{
    size_t found = 0;
    while (*slot && found < capacity) {
        ++*looked;
        if (is_same(directory, *slot)) {
            slot = &(*slot)->next;
            continue;
        }
        changed[found++] = (*slot)->id;
        drop(watch, slot);
    }
    return found;
}

size_t watch_look(struct watch *watch, const struct directory *directory, struct key_id *changed, size_t capacity,
                  bool *more)
{
    size_t found = 0, looked = 0;
    while (watch->next < watch->bucket_count && looked < LOOKS && found < capacity) {
        found += look_into(watch, directory, &watch->buckets[watch->next], changed + found, capacity - found, &looked);
        watch->next += found < capacity;
    }
    *more = watch->next < watch->bucket_count;
    if (!*more)
        watch->next = 0;
    return found;
}
