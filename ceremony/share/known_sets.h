/* SPDX-License-Identifier: Apache-2.0 */
/* The share set records at hand: those of a keystore or an archive, or one that lies beside a share file. */
#ifndef CEREMONY_SHARE_KNOWN_SETS_H
#define CEREMONY_SHARE_KNOWN_SETS_H

#include "keystore/files/directory.h"
#include "keystore/share/share_set.h"

struct known_sets {
    size_t count;
    struct share_set *sets; /* owned */
};

/* Adds every record of the keystore; a damaged one is reported and skipped. */
enum fault known_sets_of_keystore(struct known_sets *known, const struct directory *directory)
    __attribute__((warn_unused_result));
/* Adds the record in a file. */
enum fault known_sets_of_file(struct known_sets *known, const char *path) __attribute__((warn_unused_result));
/* Parses and adds one record. FAULT_MEMORY, or what share_set_parse returns. */
enum fault known_sets_add(struct known_sets *known, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

void known_sets_free(struct known_sets *known);

/* The set with the id in the share's first words; NULL where it is not known. */
struct share_set *known_sets_find(const struct known_sets *known, const struct slip39_share *share);

/* The newest generation among the verified sets of a KEK; 0 where there is none. */
unsigned known_sets_verified(const struct known_sets *known, const struct kek_id *kek);
/* The newest generation among all sets of a KEK; 0 where there is none. */
unsigned known_sets_newest(const struct known_sets *known, const struct kek_id *kek);
bool known_sets_has_id(const struct known_sets *known, uint16_t set);

/* Whether a newer generation of the same KEK is VERIFIED. */
bool known_sets_superseded(const struct known_sets *known, const struct share_set *set);

#endif
