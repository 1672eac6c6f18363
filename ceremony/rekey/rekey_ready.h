/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a rekey can be finished: after that nothing may depend on the old KEK. */
#ifndef CEREMONY_REKEY_REKEY_READY_H
#define CEREMONY_REKEY_REKEY_READY_H

#include "ceremony/session/session.h"

struct rekey_readiness {
    const char *const *sockets; /* of the signers to ask; borrowed */
    size_t socket_count;
    bool restarted; /* signers that cannot be asked have the new KEK */
    bool no_shares; /* no VERIFIED set of the new KEK is needed */
};

/* True as well where it is being finished already. It needs no KEK: checked before anybody types one, and once more
 * when it is there, since a signer may have been started meanwhile. False: the reason was printed. */
bool rekey_ready(const struct session *session, const struct rekey_readiness *wish) __attribute__((warn_unused_result));

#endif
