/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes a frame and runs the operation that it requests: one table of {role, state, operation}. */
#ifndef SIGNER_GATE_DISPATCH_H
#define SIGNER_GATE_DISPATCH_H

#include "signer/gate/core/state.h"

/* Decodes one frame's payload, checks shape, role, state, load and rate, and runs the operation or answers a refusal.
 * `payload` is only used during the call. */
void dispatch_frame(struct gate *gate, struct connection *connection, struct slice payload);

#endif
