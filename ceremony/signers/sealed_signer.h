/* SPDX-License-Identifier: Apache-2.0 */
/* A custodian's connection to a sealed signer. The public keys of its vaults come from the file beside its socket, and
 * shares are encrypted to those; its state comes from the signer's gate, which cannot decrypt them. The file must be
 * root's or of the uid that listens on the socket, and every call goes to that process and no other. */
#ifndef CEREMONY_SIGNERS_SEALED_SIGNER_H
#define CEREMONY_SIGNERS_SEALED_SIGNER_H

#include "ceremony/signers/key_file.h"
#include "ceremony/signers/peer.h"
#include "client/signer.h"
#include "client/target.h"
#include "keystore/share/unseal_file.h"

struct sealed_signer {
    char socket[CONNECTION_PATH_SIZE];
    signer_client *client;
    struct peer peer;        /* who listens */
    uint8_t *text;           /* content of SOCKET.unseal; owned */
    struct unseal_file file; /* points into `text` */
    struct signer_unseal state;
};

/* What the caller knows of the signer. */
struct sealed_signer_expected {
    const char
        *fingerprint; /* of SOCKET.unseal; NULL: not given, which refuses a file that others could have written */
    bool has_user;    /* --user: `user` must be who listens */
    uid_t user;
    bool is_unasked; /* something is given without a person who reads whose signer it is and types: then a
                              * stranger's signer (not root's, not our own, not right in /run) has to be named by one
                              * of the above */
};

/* Expects a user by name or number. False: there is none; the misuse was printed. */
bool sealed_signer_expect(const char *name, struct sealed_signer_expected *expected)
    __attribute__((warn_unused_result));

/* Reads SOCKET.unseal and connects to the signer; `socket` NULL: the default socket. False: refused; the reason was
 * printed. sealed_signer_close frees it, also after a failure. */
bool sealed_signer_open(struct sealed_signer *signer, const char *socket, const struct sealed_signer_expected *expected)
    __attribute__((warn_unused_result));
void sealed_signer_close(struct sealed_signer *signer);

/* Prints whose signer it is, its keystore and its unseal keys' fingerprint: before anything is given to it. */
void sealed_signer_introduce(const struct sealed_signer *signer);

/* Reads the signer's state again, and prints if the shares given before are gone. False: the reason was printed. */
bool sealed_signer_refresh(struct sealed_signer *signer) __attribute__((warn_unused_result));

/* What the signer had of this member, as far as its state was read; NULL: nothing. */
const struct signer_share_given *sealed_signer_given(const struct sealed_signer *signer,
                                                     const struct slip39_share *share);

/* Encrypts the content to every vault and sends it. `given` is the KEK that it is, or is a share of, for the message of
 * a refusal; NULL: not known. False: refused; the reason was printed. */
bool sealed_signer_send(struct sealed_signer *signer, const struct unseal_content *content, const struct kek_id *given)
    __attribute__((warn_unused_result));

#endif
