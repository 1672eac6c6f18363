/* What ceremonies did with a keystore, one entry each: DIR/records/transcript-000001.txt and so on.
 * Plain text without secrets; each names the SHA-256 of the one before it, so that none can be changed
 * or taken out unseen, and sha256sum recomputes it. FORMAT.md has the lines. */
#ifndef CEREMONY_SESSION_TRANSCRIPT_H
#define CEREMONY_SESSION_TRANSCRIPT_H

#include <stdbool.h>

#include "keystore/files/directory.h"
#include "keystore/format/sha256.h"
#include "keystore/kek/header.h"

enum { TRANSCRIPT_MAX = 64 * 1024, TRANSCRIPT_NAME = 32 };

/* One entry while it is written. */
struct transcript {
    char *text; /* owned, TRANSCRIPT_MAX */
    size_t length;
    bool full;
};

/* Begins an entry about a verb. False for want of memory. */
bool transcript_begin(struct transcript *entry, const char *verb) __attribute__((warn_unused_result));

/* Adds "name value"; what is not printable ASCII becomes '?'. */
void transcript_add(struct transcript *entry, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends it to the keystore's chain, under DIR/lock, and says its hash on standard error, for the
 * signatures. `number` may be NULL. The entry is freed. A failure was said. */
bool transcript_append(struct transcript *entry, const struct directory *directory, const struct header *header,
                       unsigned *number) __attribute__((warn_unused_result));
void transcript_discard(struct transcript *entry);

void transcript_name(unsigned number, const char *suffix, char out[static TRANSCRIPT_NAME]);

/* Walks the chain. *broken is the first entry that does not follow from the one before it; 0 for none. */
enum fault transcript_check(const struct directory *directory, const struct header *header, unsigned *count,
                            unsigned *broken) __attribute__((warn_unused_result));

/* Whether an entry of one of these verbs names the KEK and is of that time or later. */
bool transcript_has(const struct directory *directory, const char *verb, const struct kek_id *kek, uint64_t since);

#endif
