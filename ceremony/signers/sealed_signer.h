/* A signer that waits for its KEK, as a custodian's side sees it: the keys to seal to come from the file
 * beside its socket, how far it is from the signer itself, which can open nothing that is sealed. */
#ifndef CEREMONY_SIGNERS_SEALED_SIGNER_H
#define CEREMONY_SIGNERS_SEALED_SIGNER_H

#include "client/connection.h"
#include "client/signer.h"
#include "keystore/share/unseal_file.h"

struct sealed_signer {
    char socket[CONNECTION_PATH_SIZE];
    signer_client *client;
    uint8_t *text;           /* of the file; owned */
    struct unseal_file file; /* points into it */
    struct signer_unseal state;
};

/* Reads SOCKET.unseal and asks the signer; `socket` NULL: where clients look for it. `fingerprint`: what the
 * file must have, for one in a directory that others may write; NULL where it is not known. False: refused,
 * which was said. */
bool sealed_signer_open(struct sealed_signer *signer, const char *socket, const char *fingerprint)
    __attribute__((warn_unused_result));
void sealed_signer_close(struct sealed_signer *signer);

/* Asks how far it is, and says when what was given is gone. */
bool sealed_signer_refresh(struct sealed_signer *signer) __attribute__((warn_unused_result));

/* Seals the content to every vault and gives it. False: refused, which was said. */
bool sealed_signer_send(struct sealed_signer *signer, const struct unseal_content *content)
    __attribute__((warn_unused_result));

#endif
