/* The gate: the room that reads what strangers send. It owns no secret and no file; it knows
 * public facts, who is connected, and what is in flight. */
#ifndef SIGNER_GATE_H
#define SIGNER_GATE_H

#include "signer/gate/core/state.h"

/* Becomes the gate until SIGTERM (returns 0) or until a room is gone (returns 1). */
int gate_run(const struct gate_setup *setup);

#endif
