/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- arrays of pointers -- */

/* Room for one more. */
static bool grow(void *array, size_t count, size_t *capacity)
{
    void **pointers = *(void ***)array;
    if (count < *capacity)
        return true;
    size_t more = *capacity ? 2 * *capacity : 64;
    void **larger = reallocarray(pointers, more, sizeof *larger);
    if (!larger)
        return false;
    *(void ***)array = larger;
    *capacity = more;
    return true;
}

/* -- keys -- */

static void free_key(struct key *key)
{
    if (key)
        free(key->spki);
    free(key);
}

/* Where the id is, or would be. */
static size_t place_of(const struct inventory *inventory, const char *id)
{
    size_t low = 0, high = inventory->key_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(inventory->keys[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct key *inventory_key(const struct inventory *inventory, const char *id)
{
    size_t place = place_of(inventory, id);
    return place < inventory->key_count && strcmp(inventory->keys[place]->id, id) == 0 ? inventory->keys[place] : NULL;
}

/* -- objects -- */

static void free_object(struct object *object)
{
    if (object)
        certificate_clear(&object->certificate);
    free(object);
}

static struct object *add_object(struct inventory *inventory, CK_OBJECT_CLASS class, struct key *key)
{
    struct object *object = calloc(1, sizeof *object);
    if (!object || !grow(&inventory->objects, inventory->object_count, &inventory->object_capacity)) {
        free(object);
        return NULL;
    }
    *object = (struct object){ .handle = ++inventory->last, .class = class, .key = key, .kept = true };
    inventory->objects[inventory->object_count++] = object;
    return object;
}

/* Removes the objects of a key: all, or its certificates that are not kept. */
static void sweep(struct inventory *inventory, const struct key *key, bool all)
{
    size_t left = 0;
    for (size_t i = 0; i < inventory->object_count; i++) {
        struct object *object = inventory->objects[i];
        if (object->key == key && (all || !object->kept))
            free_object(object);
        else
            inventory->objects[left++] = object;
    }
    inventory->object_count = left;
}

struct object *inventory_object(const struct inventory *inventory, CK_OBJECT_HANDLE handle)
{
    size_t low = 0, high = inventory->object_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (inventory->objects[middle]->handle < handle)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < inventory->object_count && inventory->objects[low]->handle == handle;
    return found ? inventory->objects[low] : NULL;
}

CK_OBJECT_HANDLE inventory_handle(const struct inventory *inventory, const char *id, CK_OBJECT_CLASS class)
{
    for (size_t i = inventory->object_count; i > 0; i--) {
        const struct object *object = inventory->objects[i - 1];
        if (object->class == class && object->place == 0 && strcmp(object->key->id, id) == 0)
            return object->handle;
    }
    return 0;
}

void inventory_label(const struct object *object, char label[static INVENTORY_LABEL_MAX])
{
    if (object->place == 0)
        snprintf(label, INVENTORY_LABEL_MAX, "%s", object->key->id);
    else
        snprintf(label, INVENTORY_LABEL_MAX, "%s issuer %u", object->key->id, object->place % 100);
}

/* -- taking keys in -- */

/* NULL: out of memory, or, with *shown false, it is of a kind that is not shown. */
static struct key *make_key(const struct signer_key *from, bool *shown)
{
    struct key *key = calloc(1, sizeof *key);
    *shown = true;
    if (!key || !(key->spki = malloc(from->public_key_length + 1))) {
        free(key);
        return NULL;
    }
    memcpy(key->spki, from->public_key, from->public_key_length);
    memcpy(key->sha256, from->public_key_sha256, sizeof key->sha256);
    snprintf(key->id, sizeof key->id, "%s", from->id);
    *shown = public_key_parse(key->spki, from->public_key_length, &key->public_key);
    if (*shown)
        return key;
    free_key(key);
    return NULL;
}

static bool insert(struct inventory *inventory, struct key *key)
{
    if (!grow(&inventory->keys, inventory->key_count, &inventory->key_capacity))
        return false;
    if (!add_object(inventory, CKO_PRIVATE_KEY, key) || !add_object(inventory, CKO_PUBLIC_KEY, key)) {
        sweep(inventory, key, true);
        return false;
    }
    size_t place = place_of(inventory, key->id);
    memmove(inventory->keys + place + 1, inventory->keys + place,
            (inventory->key_count - place) * sizeof *inventory->keys);
    inventory->keys[place] = key;
    inventory->key_count++;
    return true;
}

uint64_t inventory_begin(struct inventory *inventory)
{
    return ++inventory->generation;
}

bool inventory_add(struct inventory *inventory, const struct signer_key *from, uint64_t generation)
{
    struct key *known = inventory_key(inventory, from->id);
    if (known && memcmp(known->sha256, from->public_key_sha256, sizeof known->sha256) == 0) {
        known->verified |= !from->unverified;
        known->generation = generation > known->generation ? generation : known->generation;
        return true;
    }
    if (known)
        inventory_remove(inventory, from->id);
    if (from->public_key_length == 0 || strlen(from->id) > KEY_ID_MAX)
        return true; /* nothing in the key's file could be read */
    bool shown;
    struct key *key = make_key(from, &shown);
    if (!key)
        return !shown;
    key->verified = !from->unverified;
    key->generation = generation;
    if (insert(inventory, key))
        return true;
    free_key(key);
    return false;
}

void inventory_end(struct inventory *inventory, uint64_t generation)
{
    for (size_t i = inventory->key_count; i > 0; i--)
        if (inventory->keys[i - 1]->generation < generation)
            inventory_remove(inventory, inventory->keys[i - 1]->id);
}

void inventory_remove(struct inventory *inventory, const char *id)
{
    size_t place = place_of(inventory, id);
    struct key *key = inventory_key(inventory, id);
    if (!key)
        return;
    sweep(inventory, key, true);
    inventory->key_count--;
    memmove(inventory->keys + place, inventory->keys + place + 1,
            (inventory->key_count - place) * sizeof *inventory->keys);
    free_key(key);
}

void inventory_clear(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->object_count; i++)
        free_object(inventory->objects[i]);
    for (size_t i = 0; i < inventory->key_count; i++)
        free_key(inventory->keys[i]);
    free(inventory->objects);
    free(inventory->keys);
    *inventory = (struct inventory){ .last = inventory->last };
}

/* -- certificates -- */

static bool is_same(struct der a, struct der b)
{
    return a.left == b.left && memcmp(a.at, b.at, a.left) == 0;
}

/* The object that a certificate of this key's chain is already: one of this key, or of another key's chain that the two
 * share. A key's own certificate is its own object, and takes that of another key's chain over. */
static struct object *find_same(const struct inventory *inventory, const struct key *key, struct der whole,
                                unsigned place)
{
    for (size_t i = 0; i < inventory->object_count; i++) {
        struct object *object = inventory->objects[i];
        if (object->class == CKO_CERTIFICATE && is_same(object->certificate.whole, whole)
            && (object->key == key || place > 0 || object->place > 0))
            return object;
    }
    return NULL;
}

/* Takes the certificate over, or frees it. */
static bool add_certificate(struct inventory *inventory, struct key *key, struct certificate *certificate,
                            unsigned place)
{
    struct object *object = find_same(inventory, key, certificate->whole, place);
    if (object) {
        certificate_clear(certificate);
        if (object->key == key && object->kept)
            return true; /* the chain has it twice: the first place counts */
        if (place == 0 || object->key == key) {
            object->key = key;
            object->place = place;
            object->kept = true;
        }
        return true;
    }
    object = add_object(inventory, CKO_CERTIFICATE, key);
    if (!object) {
        certificate_clear(certificate);
        return false;
    }
    object->certificate = *certificate;
    object->place = place;
    return true;
}

bool inventory_open(struct inventory *inventory, const struct signer_key *from, uint64_t now_ms)
{
    struct certificate chain[CERTIFICATE_CHAIN_MAX];
    if (!inventory_add(inventory, from, inventory->generation))
        return false;
    struct key *key = inventory_key(inventory, from->id);
    if (!key)
        return true;
    key->asked_ms = now_ms;
    for (size_t i = 0; i < inventory->object_count; i++)
        if (inventory->objects[i]->key == key)
            inventory->objects[i]->kept = inventory->objects[i]->class != CKO_CERTIFICATE;
    int count = from->certificate ? certificate_chain(from->certificate, chain) : 0;
    bool fits = true;
    for (int i = 0; i < count; i++)
        fits = add_certificate(inventory, key, &chain[i], (unsigned)i) && fits;
    sweep(inventory, key, false);
    return fits;
}
