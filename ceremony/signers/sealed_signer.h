/* SPDX-License-Identifier: Apache-2.0 */
/* A custodian's connection to a sealed signer. The public keys of its vaults come from the file beside its socket, and
 * shares are encrypted to those; its state comes from the signer's gate, which cannot decrypt them. */
#ifndef CEREMONY_SIGNERS_SEALED_SIGNER_H
#define CEREMONY_SIGNERS_SEALED_SIGNER_H

#include "client/signer.h"
#include "client/target.h"
#include "keystore/share/unseal_file.h"

struct sealed_signer {
    char socket[CONNECTION_PATH_SIZE];
    signer_client *client;
    uint8_t *text;           /* content of SOCKET.unseal; owned */
    struct unseal_file file; /* points into `text` */
    struct signer_unseal state;
};

/* Reads SOCKET.unseal and connects to the signer; `socket` NULL: the default socket. `fingerprint`: what the file must
 * have; NULL: not given, which refuses a file that others could have written. False: refused; the reason was printed.
 * sealed_signer_close frees it, also after a failure. */
bool sealed_signer_open(struct sealed_signer *signer, const char *socket, const char *fingerprint)
    __attribute__((warn_unused_result));
void sealed_signer_close(struct sealed_signer *signer);

/* Reads the signer's state again, and prints if the shares given before are gone. False: the reason was printed. */
bool sealed_signer_refresh(struct sealed_signer *signer) __attribute__((warn_unused_result));

/* Encrypts the content to every vault and sends it. False: refused; the reason was printed. */
bool sealed_signer_send(struct sealed_signer *signer, const struct unseal_content *content)
    __attribute__((warn_unused_result));

#endif
