/* The signer that says which archive is its keystore's and which sealed keys open: one that runs, so that
 * no KEK leaves it, or a private one that gets the KEK at hand. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_AUTHENTICATOR_H
#define CEREMONY_ARCHIVE_ARCHIVE_AUTHENTICATOR_H

#include "ceremony/archive/manifest.h"
#include "ceremony/signers/private_signer.h"

struct archive_authenticator {
    signer_client *client;
    struct kek_id kek;
    struct private_signer own; /* where it is ours */
};

/* A running signer of this keystore, which must be open. `socket` NULL: where one is by default. False:
 * refused, which was said. */
bool archive_authenticator_connect(struct archive_authenticator *authenticator, const char *socket,
                                   const uint8_t keystore_id[static KEYSTORE_ID_SIZE])
    __attribute__((warn_unused_result));

/* A private one on the keystore whose open directory is given, for a KEK that its header knows. */
bool archive_authenticator_start(struct archive_authenticator *authenticator, int keystore, const struct kek *kek)
    __attribute__((warn_unused_result));

/* Has it make the MAC of an archive; `kek` and `mac` tell. */
bool archive_authenticator_make_mac(const struct archive_authenticator *authenticator,
                                    const struct archive_claim *claim, struct kek_id *kek,
                                    uint8_t mac[static ARCHIVE_MAC_SIZE]) __attribute__((warn_unused_result));

/* Whether the MAC of an archive is the one that this signer's KEK makes. One of another KEK is not. */
bool archive_authenticator_verify(const struct archive_authenticator *authenticator, const struct trailer *trailer);

void archive_authenticator_close(struct archive_authenticator *authenticator);

#endif
