/* SPDX-License-Identifier: Apache-2.0 */
/* SIGHUP: the file of --access is read anew by the room that has it. */
#ifndef SIGNER_GATE_RELOAD_H
#define SIGNER_GATE_RELOAD_H

#include "signer/gate/core/state.h"

/* Asks for the file's grants. When they come, they replace those that the file gave before, for connections that are
 * there too; if the file cannot be taken whole, that is logged and the old ones stay. */
void reload_begin(struct gate *gate);

/* The grants of `base`, and those that the access room answered with. False: they do not fit, or are no grants. */
bool reload_combine(const struct roles *base, const uint8_t *body, size_t length, struct roles *out)
    __attribute__((warn_unused_result));

#endif
