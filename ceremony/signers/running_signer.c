/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/running_signer.h"

#include <stdio.h>

#include "ceremony/tool/tool.h"
#include "client/target.h"

enum signer_status running_signer_open(struct running_signer *signer, const char *socket, uint32_t timeout_ms,
                                       struct signer_error *error)
{
    const struct signer_options options = { .socket = signer->socket, .timeout_ms = timeout_ms };
    *signer = (struct running_signer){ .peer = PEER_NONE };
    enum signer_status status = target_one(socket, signer->socket, error);
    if (status == SIGNER_OK)
        status = peer_find(signer->socket, &signer->peer, error);
    if (status == SIGNER_OK && !connection_pin(signer->socket, signer->peer.pid)) {
        *error = (struct signer_error){ .status = SIGNER_INTERNAL, .reason = "INTERNAL" };
        snprintf(error->message, sizeof error->message, "too many signers are watched at a time");
        status = SIGNER_INTERNAL;
    }
    return status == SIGNER_OK ? signer_open(&signer->client, &options, error) : status;
}

void running_signer_close(struct running_signer *signer)
{
    signer_close(signer->client);
    if (signer->socket[0])
        connection_unpin(signer->socket);
    peer_close(&signer->peer);
    *signer = (struct running_signer){ .peer = PEER_NONE };
}

bool running_signer_is_of(const struct running_signer *signer, uid_t owner)
{
    char found[PEER_USER], wanted[PEER_USER];
    if (signer->peer.uid == 0 || signer->peer.uid == owner)
        return true;
    peer_user(signer->peer.uid, found);
    peer_user(owner, wanted);
    command_fail("%s: %s listens there, and the keystore is of %s, so this is not its signer: name the right one with"
                 " --socket",
                 signer->socket, found, wanted);
    return false;
}
