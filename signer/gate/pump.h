/* SPDX-License-Identifier: Apache-2.0 */
/* The work of the gate's workers, in fair turns. */
#ifndef SIGNER_GATE_PUMP_H
#define SIGNER_GATE_PUMP_H

#include "signer/gate/core/state.h"

/* Hands waiting jobs to the workers in fair order, as far as their windows allow. */
void pump_run(struct gate *gate);

#endif
