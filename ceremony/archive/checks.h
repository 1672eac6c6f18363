/* Whether a sealed key is what it should be, and its certificate its own: one finding each. Used on a
 * keystore, on one that is about to be packed, and on an archive. */
#ifndef CEREMONY_ARCHIVE_CHECKS_H
#define CEREMONY_ARCHIVE_CHECKS_H

#include "ceremony/tool/report.h"
#include "client/signer.h"
#include "keystore/files/directory.h"

struct checks {
    struct report *report;
    const struct header *header;
    const struct kek *kek; /* opens keys here, in the arena (private_key_start came before); NULL: not here */
    signer_client *client; /* a signer whose vaults open them; NULL: none. With neither, none is opened. */
    struct kek_id client_kek;
    bool strict;  /* a key that the opener's KEK does not open fails, though another of the header would */
    bool packing; /* what is wrong with a certificate is no reason to be without a backup: it warns */
};

/* False where nothing more can be said of this key. `public` points into `bytes`. */
bool checks_key(const struct checks *checks, const struct key_id *id, const uint8_t *bytes, size_t length,
                struct key_public *public) __attribute__((warn_unused_result));

/* `pem` NULL: it has none. */
void checks_certificate(const struct checks *checks, const struct key_id *id, const struct key_public *public,
                        const uint8_t *pem, size_t length);

/* A certificate without a key. */
void checks_lost_key(const struct checks *checks, const struct key_id *id);

#endif
