/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a KEK from its source: a file (a protected one asks for its passphrase), fd:N, credential:NAME, or `shares`,
 * which custodians type at the terminal. */
#ifndef CEREMONY_SHARE_KEK_SOURCE_H
#define CEREMONY_SHARE_KEK_SOURCE_H

#include "ceremony/share/share_tray.h"

struct kek_request {
    const struct header *header;    /* that shares must be joined to a KEK of; NULL: any KEK */
    const struct known_sets *known; /* records that shares are checked against; may be empty; not NULL for shares */
    const char *passphrase;         /* source of a passphrase; NULL: the terminal */
    const char *const *shares;      /* share files to use instead of the terminal */
    size_t share_count;
    const char *purpose; /* heads the prompt: the keystore's path, or "the KEK" */
};

/* Where a KEK came from, for transcripts and for VERIFIED. */
struct kek_origin {
    bool by_shares;
    uint16_t set;
    size_t share_count;
    struct share_seen {
        uint8_t group, member; /* as encoded in the words: counted from 0 */
        uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    } shares[QUORUM_SHARES_MAX];
};

/* Returns a KEK in the arena, which the caller frees. NULL: refused; the reason was printed. `source` is "shares", or
 * NULL for the share files in the request. `origin` may be NULL. A KEK from a file is not checked against the header:
 * see tool_check_kek. */
struct kek *kek_source_read(const char *source, const struct kek_request *options, struct kek_origin *origin)
    __attribute__((warn_unused_result));

/* Joins a quorum of the shares in the tray, prints which shares were altered, and fills in `origin`, which may be NULL.
 * Returns as kek_source_read. */
struct kek *kek_source_join(const struct share_tray *tray, const struct kek_request *options, struct kek_origin *origin)
    __attribute__((warn_unused_result));

#endif
