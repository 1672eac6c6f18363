/* SPDX-License-Identifier: Apache-2.0 */
/* The signer that makes and verifies archive MACs and opens sealed keys: a running one, so that this tool needs no
 * KEK, or a private one (private_signer.h) that is started with the KEK at hand. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_AUTHENTICATOR_H
#define CEREMONY_ARCHIVE_ARCHIVE_AUTHENTICATOR_H

#include "ceremony/archive/manifest.h"
#include "ceremony/signers/private_signer.h"
#include "ceremony/signers/running_signer.h"

struct archive_authenticator {
    signer_client *client;
    struct kek_id kek;         /* of the KEK that the signer has */
    struct private_signer own; /* its `client` is NULL for a running signer */
    struct running_signer running;
};

/* Connects to a running, unsealed signer of this keystore. `socket` NULL: the default socket. `owner`: of the keystore,
 * who must be who listens, unless that is root; NULL: not known here, and whose signer it is is said on standard error.
 * False: refused; the reason was printed. */
bool archive_authenticator_connect(struct archive_authenticator *authenticator, const char *socket,
                                   const uint8_t keystore_id[static KEYSTORE_ID_SIZE], const uid_t *owner)
    __attribute__((warn_unused_result));

/* Starts a private signer on the keystore directory open at the descriptor `keystore`, with a KEK of its header. The
 * descriptor stays the caller's. False: it did not start; the reason was printed. */
bool archive_authenticator_start(struct archive_authenticator *authenticator, int keystore, const struct kek *kek)
    __attribute__((warn_unused_result));

/* Has the signer compute the MAC of an archive: *kek is the KEK that it used. False: the reason was printed. */
bool archive_authenticator_make_mac(const struct archive_authenticator *authenticator,
                                    const struct archive_claim *claim, struct kek_id *kek,
                                    uint8_t mac[static ARCHIVE_MAC_SIZE]) __attribute__((warn_unused_result));

/* Whether the trailer's MAC is valid under this signer's KEK; false for a trailer without one, or of another KEK. */
bool archive_authenticator_verify(const struct archive_authenticator *authenticator, const struct trailer *trailer);

void archive_authenticator_close(struct archive_authenticator *authenticator);

#endif
