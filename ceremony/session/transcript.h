/* SPDX-License-Identifier: Apache-2.0 */
/* The transcript of a keystore: a hash chain of entries, one for each verb that used or changed a KEK, in
 * DIR/records/transcript-000001.txt and so on. Plain text without secrets. Each entry has the SHA-256 of the one before
 * it, so that none can be changed or removed unnoticed; sha256sum recomputes it (FORMAT.md, "Transcripts"). */
#ifndef CEREMONY_SESSION_TRANSCRIPT_H
#define CEREMONY_SESSION_TRANSCRIPT_H

#include <stdbool.h>

#include "keystore/files/directory.h"
#include "keystore/format/sha256.h"
#include "keystore/format/text.h"
#include "keystore/kek/header.h"

enum { TRANSCRIPT_MAX = 64 * 1024, TRANSCRIPT_NAME = 32 };

/* An entry that is being written. */
struct transcript {
    char *text;       /* owned, TRANSCRIPT_MAX bytes */
    struct text rest; /* what is left of it; if a line did not fit, transcript_append will refuse the entry */
};

/* Begins an entry for a verb; ends with transcript_append or transcript_discard. False: out of memory. */
bool transcript_begin(struct transcript *entry, const char *verb) __attribute__((warn_unused_result));

/* Adds "name value"; what is not printable ASCII becomes '?'. */
void transcript_add(struct transcript *entry, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends the entry to the keystore's chain, under DIR/lock, and prints its hash on standard error, for the witnesses.
 * `number` may be NULL. Frees the entry in both cases. False: the reason was printed. */
bool transcript_append(struct transcript *entry, const struct directory *directory, const struct header *header,
                       unsigned *number) __attribute__((warn_unused_result));
void transcript_discard(struct transcript *entry);

/* "transcript-000001.txt"; the suffix is ".txt" or ".sig". */
void transcript_name(unsigned number, const char *suffix, char out[static TRANSCRIPT_NAME]);

/* Verifies the chain: *count entries; *broken is the number of the first that does not follow from the one before it or
 * is missing, 0 for none. */
enum fault transcript_check(const struct directory *directory, const struct header *header, unsigned *count,
                            unsigned *broken) __attribute__((warn_unused_result));

/* Whether there is an entry for this verb and this KEK at time `since` or later; for a proof of an archive, the time is
 * that of the archive. */
bool transcript_has(const struct directory *directory, const char *verb, const struct kek_id *kek, uint64_t since);

#endif
