/* Where a verb gets a KEK from: a file (a protected one asks for its passphrase), fd:N, credential:NAME,
 * or `shares`: custodians type at the terminal. */
#ifndef CEREMONY_SHARE_KEK_SOURCE_H
#define CEREMONY_SHARE_KEK_SOURCE_H

#include "ceremony/share/share_tray.h"

struct kek_request {
    const struct header *header;    /* whose KEK it must be; NULL: any */
    const struct known_sets *known; /* what shares are held to; may be empty, not NULL, for `shares` */
    const char *passphrase;         /* source of a passphrase; NULL: the terminal */
    const char *const *shares;      /* share files instead of the terminal */
    size_t share_count;
    const char *purpose; /* for the prompt: "the KEK of /var/lib/…" */
};

/* How it came, for transcripts and for VERIFIED. */
struct kek_origin {
    bool by_shares;
    uint16_t set;
    size_t share_count;
    struct share_seen {
        uint8_t group, member; /* as in the words, from 0 */
        uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    } shares[QUORUM_SHARES_MAX];
};

/* A KEK in the arena; NULL when it was refused, which was said. `source` "shares", or NULL with share
 * files. `origin` may be NULL. */
struct kek *kek_source_read(const char *source, const struct kek_request *options, struct kek_origin *origin)
    __attribute__((warn_unused_result));

/* Joins what is in the tray, names the false ones, and fills in the origin. */
struct kek *kek_source_join(const struct share_tray *tray, const struct kek_request *options, struct kek_origin *origin)
    __attribute__((warn_unused_result));

#endif
