/* SPDX-License-Identifier: Apache-2.0 */
/* The transcript of a keystore: a hash chain of entries, one for each verb that used or changed a KEK, in
 * DIR/records/transcript-000001.txt and so on. Plain text without secrets. Each entry has the SHA-256 of the one before
 * it, which sha256sum recomputes, and a MAC under the KEK where the verb had one (FORMAT.md, "Transcripts"). */
#ifndef CEREMONY_SESSION_TRANSCRIPT_H
#define CEREMONY_SESSION_TRANSCRIPT_H

#include <stdbool.h>

#include "ceremony/session/transcript_chain.h"

/* An entry that is being written. */
struct transcript {
    char *text;       /* owned, TRANSCRIPT_MAX bytes */
    struct text rest; /* what is left of it; if a line did not fit, transcript_append will refuse the entry */
    unsigned number;  /* its place in the chain, once it was appended */
};

/* Begins an entry for a verb; ends with transcript_append or transcript_discard. False: out of memory. */
bool transcript_begin(struct transcript *entry, const char *verb) __attribute__((warn_unused_result));

/* Adds "name value"; what cannot be shown (utf8.h) becomes '?'. */
void transcript_add(struct transcript *entry, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends the entry to the keystore's chain, under DIR/lock, and prints its hash on standard error, for the witnesses.
 * `kek` is a KEK of the header, for the MAC; NULL: none is at hand, and the entry says so. Frees the entry in both
 * cases. False: the reason was printed. */
bool transcript_append(struct transcript *entry, const struct directory *directory, const struct header *header,
                       const struct kek *kek) __attribute__((warn_unused_result));
void transcript_discard(struct transcript *entry);

/* Whether there is an entry for this verb and this KEK at time `since` or later; for a proof of an archive, the time is
 * that of the archive. One that is dated in the future does not count (clock.h). No MAC is checked: whoever can write
 * to the keystore can have made the entry. */
bool transcript_has(const struct directory *directory, const char *verb, const struct kek_id *kek, uint64_t since);

#endif
