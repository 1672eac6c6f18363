/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds of looks at the keystore: what other replicas and ceremonies have changed, and who else serves it. */
#ifndef SIGNER_GATE_LOOK_H
#define SIGNER_GATE_LOOK_H

#include "signer/gate/core/state.h"

enum {
    LOOK_EVERY_MS = 1000, /* between rounds: who knocks waits for it, and the lease (core/lease.h) allows for two */
    LOOK_ON_MS = 5,       /* between the parts of one round */
};

/* Asks the store if it is time and it is not asked already. */
void look_at_store(struct gate *gate);

#endif
