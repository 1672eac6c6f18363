/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/rekey/rekey_ready.h"

#include "ceremony/signers/rekey_signers.h"
#include "ceremony/tool/tool.h"

static bool has_shares(const struct session *session, const struct kek_id *kek)
{
    if (known_sets_verified(&session->known, kek) > 0)
        return true;
    command_fail(
        "the new KEK has no VERIFIED set of shares: if its file is lost, so is the CA; split it, verify every share, "
        "and combine once with --keystore; or use --no-shares");
    return false;
}

bool rekey_ready(const struct session *session, const struct rekey_readiness *wish)
{
    const struct header_kek *incoming = header_incoming(&session->header);
    if (session->header.rekey == REKEY_FINISHING)
        return true;
    if (session->header.rekey != REKEY_VERIFIED || !incoming) {
        command_fail("there is nothing to finish: the rekey is in state \"%s\"",
                     header_rekey_name(session->header.rekey));
        return false;
    }
    return (wish->no_shares || has_shares(session, &incoming->id))
        && rekey_signers_have(wish->sockets, wish->socket_count, wish->restarted, &incoming->id,
                              session->directory.owner);
}
