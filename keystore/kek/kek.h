/* SPDX-License-Identifier: Apache-2.0 */
/* The key-encryption key (KEK): 32 random bytes, its id, and the subkeys derived from it. FORMAT.md has the
 * derivations.
 *
 * The id is for people to read and compare; it is not authenticated. The tag in the header (header.h) proves that a KEK
 * belongs to a keystore. */
#ifndef KEYSTORE_KEK_KEK_H
#define KEYSTORE_KEK_KEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"

enum {
    KEK_SIZE = 32,
    KEK_ID_SIZE = 8,
    KEK_ID_TEXT = 20,   /* "a1b2-c3d4-e5f6-0718" and its NUL */
    KEK_FILE_MAX = 512, /* any form, protected by a passphrase or not */
    SUBKEY_SIZE = 32,
};

#define KEK_PROTECTED_MAGIC "SIGNRPKE" /* a passphrase-protected KEK begins with these 8 bytes */

struct kek_id {
    uint8_t bytes[KEK_ID_SIZE];
};

struct kek { /* secret: allocated in the arena */
    uint8_t key[KEK_SIZE];
    struct kek_id id;
};

enum kek_purpose { /* the subkey numbers of the key derivation: FORMAT.md */
                   KEK_FOR_HEADER = 1,
                   KEK_FOR_WRAP = 2,
                   KEK_FOR_ARCHIVE = 3,
                   KEK_FOR_TRANSCRIPT = 4,
                   KEK_FOR_DRILL = 5,
};

/* Makes a random KEK in the arena; the caller frees it with arena_free. NULL: out of key memory. */
struct kek *kek_new(void) __attribute__((warn_unused_result));

/* Makes a KEK of 32 raw bytes. FAULT_KEK_MALFORMED if all bytes are equal. */
enum fault kek_from_bytes(const uint8_t raw[static KEK_SIZE], struct kek *out) __attribute__((warn_unused_result));

/* Parses the content of a KEK file: 32 raw bytes, or base64 with or without a newline. FAULT_KEK_PROTECTED if it is
 * protected by a passphrase (kek_protect.h), FAULT_KEK_MALFORMED for anything else. */
enum fault kek_from_file(const uint8_t *content, size_t length, struct kek *out) __attribute__((warn_unused_result));

/* Derives the subkey for a purpose. The caller wipes `out`. */
void kek_derive(const struct kek *kek, enum kek_purpose purpose, uint8_t out[static SUBKEY_SIZE]);

bool kek_id_equal(const struct kek_id *a, const struct kek_id *b);
/* Parses what kek_id_text writes; false for anything else. */
bool kek_id_parse(const char *text, struct kek_id *out) __attribute__((warn_unused_result));
void kek_id_text(const struct kek_id *id, char out[static KEK_ID_TEXT]);

#endif
