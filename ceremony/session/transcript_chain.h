/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a transcript as they are on disk: the lines that chain each to the one before it, and the last line,
 * which has its MAC (FORMAT.md, "Transcripts"). */
#ifndef CEREMONY_SESSION_TRANSCRIPT_CHAIN_H
#define CEREMONY_SESSION_TRANSCRIPT_CHAIN_H

#include <stdbool.h>

#include "keystore/files/directory.h"
#include "keystore/format/text.h"
#include "keystore/kek/transcript_mac.h"

#define TRANSCRIPT_PREFIX "transcript-"

enum { TRANSCRIPT_MAX = 64 * 1024, TRANSCRIPT_NUMBER_MAX = 999999, TRANSCRIPT_NAME = 32, TRANSCRIPT_HEAD_MAX = 512 };

enum transcript_form {
    TRANSCRIPT_OLD,         /* "signer transcript 1", which has no MAC */
    TRANSCRIPT_WITHOUT_MAC, /* "mac -": no KEK was at hand */
    TRANSCRIPT_WITH_MAC,
};

struct transcript_link {
    bool fits; /* the entry is whole, of this keystore, in its place, and follows from the one before it */
    enum transcript_form form;
    struct kek_id kek;                /* with TRANSCRIPT_WITH_MAC, as the next */
    uint8_t mac[TRANSCRIPT_MAC_SIZE]; /* not verified */
    struct transcript_claim claim;    /* what the MAC is over; .number is 0 before the first entry */
    uint8_t hash[SHA256_SIZE];        /* of the whole entry */
};

/* "transcript-000001.txt"; the suffix is ".txt" for an entry. */
void transcript_chain_name(unsigned number, const char *suffix, char out[static TRANSCRIPT_NAME]);

/* Writes the first lines of the entry after `last`, up to the verb. */
void transcript_chain_head(const struct transcript_link *last, const struct header *header, struct text *to);

/* The claim of an entry that follows `last`, of which `text` is all but the last line. */
void transcript_chain_claim(const struct transcript_link *last, const struct header *header, const char *text,
                            size_t length, struct transcript_claim *out);

/* Reads the entry after *link into `text`, which holds TRANSCRIPT_MAX bytes, and sets *link to it. FAULT_FILE_MISSING,
 * and *link is unchanged: it was the last. */
enum fault transcript_chain_next(const struct directory *directory, const struct header *header, char *text,
                                 struct transcript_link *link) __attribute__((warn_unused_result));

/* Goes to the last entry of the chain. */
enum fault transcript_chain_end(const struct directory *directory, const struct header *header,
                                struct transcript_link *last) __attribute__((warn_unused_result));

#endif
