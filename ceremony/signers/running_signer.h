/* SPDX-License-Identifier: Apache-2.0 */
/* A running signer whose word is taken for something: it makes and checks MACs, or says which KEK it has. Every call
 * goes to the process that was looked at. */
#ifndef CEREMONY_SIGNERS_RUNNING_SIGNER_H
#define CEREMONY_SIGNERS_RUNNING_SIGNER_H

#include <stdbool.h>

#include "ceremony/signers/peer.h"
#include "client/connection.h"
#include "client/signer.h"

struct running_signer {
    signer_client *client; /* NULL: closed */
    struct peer peer;      /* who listens */
    char socket[CONNECTION_PATH_SIZE];
};

/* `socket` NULL: the default socket. Connects, and from then on only to that process. At most CONNECTION_PINS at a
 * time. The caller closes it, also after a failure. */
enum signer_status running_signer_open(struct running_signer *signer, const char *socket, uint32_t timeout_ms,
                                       struct signer_error *error) __attribute__((warn_unused_result));
void running_signer_close(struct running_signer *signer);

/* Whether root or the keystore's owner listens: nobody else can serve that keystore. False: the reason was printed. */
bool running_signer_is_of(const struct running_signer *signer, uid_t owner) __attribute__((warn_unused_result));

#endif
