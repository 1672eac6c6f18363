/* The key-encryption key: 32 random bytes, its id, and the keys that are derived from it.
 *
 * The id is a name that people can read and compare; it proves nothing. That a KEK belongs to
 * a keystore is proven by the tag in the header (header.h). FORMAT.md has the derivations. */
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
    KEK_FILE_MAX = 512, /* of any form, protected ones included */
    SUBKEY_SIZE = 32,
};

#define KEK_PROTECTED_MAGIC "SIGNRPKE" /* a passphrase-protected KEK begins with these 8 bytes */

struct kek_id {
    uint8_t bytes[KEK_ID_SIZE];
};

struct kek { /* secret: lives in the arena */
    uint8_t key[KEK_SIZE];
    struct kek_id id;
};

enum kek_purpose { /* the numbers of the derivation: FORMAT.md */
                   KEK_FOR_HEADER = 1,
                   KEK_FOR_WRAP = 2,
                   KEK_FOR_ARCHIVE = 3,
};

/* Draws a new one from the kernel's generator, in the arena: the caller's, who frees it. NULL: no memory. */
struct kek *kek_new(void) __attribute__((warn_unused_result));

/* Takes 32 raw bytes. FAULT_KEK_MALFORMED for 32 times the same byte. */
enum fault kek_from_bytes(const uint8_t raw[static KEK_SIZE], struct kek *out) __attribute__((warn_unused_result));

/* Takes the content of a KEK file: 32 raw bytes, or base64 with or without a newline.
 * FAULT_KEK_MALFORMED for anything else, FAULT_KEK_PROTECTED for a protected one. */
enum fault kek_from_file(const uint8_t *content, size_t length, struct kek *out) __attribute__((warn_unused_result));

/* Derives the subkey of a purpose. */
void kek_derive(const struct kek *kek, enum kek_purpose purpose, uint8_t out[static SUBKEY_SIZE]);

bool kek_id_equal(const struct kek_id *a, const struct kek_id *b);
/* Reads what kek_id_text writes. */
bool kek_id_parse(const char *text, struct kek_id *out) __attribute__((warn_unused_result));
void kek_id_text(const struct kek_id *id, char out[static KEK_ID_TEXT]);

#endif
