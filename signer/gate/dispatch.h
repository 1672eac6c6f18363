/* From a frame to the operation that it asks for: one table of {role, state, operation}. */
#ifndef SIGNER_DISPATCH_H
#define SIGNER_DISPATCH_H

#include "signer/gate/core/state.h"

/* Takes one frame's payload from a connection: runs the operation, or refuses it. */
void dispatch_frame(struct gate *gate, struct connection *connection, struct slice payload);

#endif
