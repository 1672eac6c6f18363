/* The public part of a sealed key: what the key is, readable without a KEK, and worth nothing
 * until a vault has opened the file that it stands in. FORMAT.md has the layout. */
#ifndef KEYSTORE_KEY_KEY_PUBLIC_H
#define KEYSTORE_KEY_KEY_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/header.h"
#include "keystore/key/algorithm.h"
#include "keystore/key/key_id.h"

enum {
    KEY_PUBLIC_MAX = 4096, /* of the encoded part */
    KEY_FINGERPRINT_SIZE = 32,
    KEY_PUBLIC_ID_OFFSET = KEYSTORE_ID_SIZE,           /* the id's field, for readers that do not parse yet */
    KEY_PUBLIC_FIXED = KEYSTORE_ID_SIZE + KEY_ID_SIZE, /* both ids, at fixed offsets */
};

struct key_public {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    struct key_id id;
    enum algorithm algorithm;
    uint64_t created; /* seconds since 1970-01-01 UTC */
    struct policy policy;
    const uint8_t *spki; /* SubjectPublicKeyInfo, DER: RFC 5280. Points into other bytes. */
    size_t spki_length;
};

/* Parses a whole public part. FAULT_KEY_CORRUPT if it is no encoding of anything, FAULT_KEY_NEWER
 * for an algorithm or policy field that this version does not know. */
enum fault key_public_parse(const uint8_t *bytes, size_t length, struct key_public *out)
    __attribute__((warn_unused_result));

/* Writes the public part and returns its length, or 0 if it is longer than `capacity`. */
size_t key_public_encode(const struct key_public *key, uint8_t *out, size_t capacity);

/* The name by which rooms speak of a loaded key: a hash of id and SubjectPublicKeyInfo. */
void key_public_fingerprint(const struct key_public *key, uint8_t out[static KEY_FINGERPRINT_SIZE]);

#endif
