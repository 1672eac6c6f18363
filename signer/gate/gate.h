/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: the only room that reads what clients send. Privilege separation: it has no secret and no file; it knows
 * public facts about keys, who is connected, and what is in flight. */
#ifndef SIGNER_GATE_GATE_H
#define SIGNER_GATE_GATE_H

#include "signer/gate/core/state.h"

/* Runs the gate. Returns 0 after SIGTERM or SIGINT, or when everything has started if `check_only`; 1 if another room
 * did not start or has ended, which was logged. `setup` must outlive the call. */
int gate_run(const struct gate_setup *setup);

#endif
