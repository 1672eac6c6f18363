/* SPDX-License-Identifier: Apache-2.0 */
/* The public part of a sealed key: id, algorithm, policy and public key. It can be parsed without a KEK, but is not
 * authenticated until the sealed key is opened. FORMAT.md has the layout. */
#ifndef KEYSTORE_KEY_KEY_PUBLIC_H
#define KEYSTORE_KEY_KEY_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/header.h"
#include "keystore/key/algorithm.h"
#include "keystore/key/key_id.h"

enum {
    KEY_PUBLIC_MAX = 4096, /* bytes of the encoded part */
    KEY_FINGERPRINT_SIZE = 32,
    KEY_PUBLIC_ID_OFFSET = KEYSTORE_ID_SIZE,           /* of the key id, to compare it before parsing */
    KEY_PUBLIC_FIXED = KEYSTORE_ID_SIZE + KEY_ID_SIZE, /* keystore id and key id, at fixed offsets */
};

struct key_public {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    struct key_id id;
    enum algorithm algorithm;
    uint64_t created; /* seconds since 1970-01-01 UTC */
    struct policy policy;
    const uint8_t *spki; /* SubjectPublicKeyInfo (RFC 5280), DER; not owned, points into the encoded part */
    size_t spki_length;
};

/* Parses a whole public part. FAULT_KEY_CORRUPT if it is malformed, FAULT_KEY_NEWER for an algorithm, scheme, hash or
 * policy field that this version does not know. */
enum fault key_public_parse(const uint8_t *bytes, size_t length, struct key_public *out)
    __attribute__((warn_unused_result));

/* Writes the public part and returns its length; 0 if it does not fit in `capacity`. */
size_t key_public_encode(const struct key_public *key, uint8_t *out, size_t capacity);

/* The name of a loaded key in messages between the signer's processes: a hash of key id and SubjectPublicKeyInfo. */
void key_public_fingerprint(const struct key_public *key, uint8_t out[static KEY_FINGERPRINT_SIZE]);

#endif
