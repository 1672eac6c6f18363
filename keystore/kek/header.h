/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/keystore, the header: the keystore's id and the KEKs that open it. FORMAT.md has the layout. Parsing needs no
 * KEK; header_check authenticates the header with one. */
#ifndef KEYSTORE_KEK_HEADER_H
#define KEYSTORE_KEK_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/kek.h"

enum {
    KEYSTORE_ID_SIZE = 16,
    HEADER_KEKS_MAX = 64,
    HEADER_TAG_SIZE = 32,
    HEADER_FILE_MAX = 8 + 4 + KEYSTORE_ID_SIZE + 2 + HEADER_KEKS_MAX * (8 + 1 + 8 + 8 + HEADER_TAG_SIZE) + 32,
};

enum kek_role { KEK_CURRENT = 1, KEK_INCOMING = 2, KEK_RETIRED = 3 };

enum rekey_state {
    REKEY_NONE = 0,
    REKEY_BEGUN = 1,
    REKEY_WRAPPED = 2,
    REKEY_VERIFIED = 3,
    REKEY_FINISHING = 4,
};

struct header_kek {
    struct kek_id id;
    enum kek_role role;
    uint64_t since, until;        /* seconds since 1970-01-01 UTC; until is 0 unless the KEK is retired */
    uint8_t tag[HEADER_TAG_SIZE]; /* zeros if the KEK is retired */
};

struct header {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    enum rekey_state rekey;
    size_t kek_count; /* exactly one is current, at most one incoming */
    struct header_kek keks[HEADER_KEKS_MAX];
};

/* "none", "begun", "wrapped", "verified", "finishing". */
const char *header_rekey_name(enum rekey_state state);

/* Parses a whole file. FAULT_KEYSTORE_CORRUPT (checksum, magic, contents), FAULT_KEYSTORE_NEWER (version). */
enum fault header_parse(const uint8_t *bytes, size_t length, struct header *out) __attribute__((warn_unused_result));

/* Writes the file and returns its length, at most HEADER_FILE_MAX. */
size_t header_encode(const struct header *header, uint8_t out[static HEADER_FILE_MAX]);

/* Makes the header of a new keystore, tagged under its first KEK. `now` is in seconds since 1970-01-01 UTC. */
void header_create(struct header *out, const uint8_t keystore_id[static KEYSTORE_ID_SIZE], const struct kek *kek,
                   uint64_t now);

/* Computes the tag in `kek`'s entry; the other tags are unchanged. */
void header_tag(struct header *header, const struct kek *kek);

/* Verifies that `kek` opens this keystore and that the header is authentic. FAULT_KEK_MISMATCH (the header does not
 * list it), FAULT_KEK_RETIRED, FAULT_KEYSTORE_TAMPERED (the tag does not verify). */
enum fault header_check(const struct header *header, const struct kek *kek) __attribute__((warn_unused_result));

/* The entry of the current KEK. */
const struct header_kek *header_current(const struct header *header);
/* The entry of the incoming KEK; NULL if there is none. */
const struct header_kek *header_incoming(const struct header *header);
/* The entry of a KEK in any role; NULL if it is not listed. */
const struct header_kek *header_find(const struct header *header, const struct kek_id *id);

/* -- rekey -- */

/* Each function changes the header to the next state and tags it under every KEK that opens the keystore then. */

/* From none to begun: adds `incoming`. If the list is full, the KEK that was retired first is removed. */
void header_rekey_begin(struct header *header, const struct kek *current, const struct kek *incoming, uint64_t now);
/* From begun to wrapped, or from wrapped to verified. */
void header_rekey_advance(struct header *header, enum rekey_state state, const struct kek *current,
                          const struct kek *incoming);
/* From verified to finishing: the incoming KEK becomes current, the previous one retired. */
void header_rekey_finish(struct header *header, const struct kek *incoming, uint64_t now);
/* From finishing to none. */
void header_rekey_close(struct header *header, const struct kek *current);
/* From begun, wrapped or verified to none: removes the incoming KEK. */
void header_rekey_abort(struct header *header, const struct kek *current);

#endif
