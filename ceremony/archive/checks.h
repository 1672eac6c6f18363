/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a sealed key and its certificate, one finding each. Used on a keystore (doctor), on a snapshot that is
 * about to be packed (backup), and on an archive. */
#ifndef CEREMONY_ARCHIVE_CHECKS_H
#define CEREMONY_ARCHIVE_CHECKS_H

#include "ceremony/tool/report.h"
#include "client/signer.h"
#include "keystore/files/directory.h"

struct checks {
    struct report *report;
    const struct header *header;
    const struct kek *kek; /* opens keys in this process (needs private_key_start); NULL: use `client` */
    signer_client *client; /* a signer whose vaults open keys; NULL: none. Without both, no key is opened. */
    struct kek_id client_kek;
    bool strict;  /* a key with no wrap for that KEK fails, even if it has one for another KEK of the header */
    bool packing; /* a wrong certificate only warns: it is no reason to be without a backup */
};

/* Opens the key where that is possible, and fills *public, which points into `bytes`. False: the key failed, and
 * *public is not set. */
bool checks_key(const struct checks *checks, const struct key_id *id, const uint8_t *bytes, size_t length,
                struct key_public *public) __attribute__((warn_unused_result));

/* Checks that a key's certificate (PEM, with its chain) certifies this key. `pem` NULL: the key has no certificate. */
void checks_certificate(const struct checks *checks, const struct key_id *id, const struct key_public *public,
                        const uint8_t *pem, size_t length);

/* Reports a certificate whose key is missing. */
void checks_lost_key(const struct checks *checks, const struct key_id *id);

#endif
