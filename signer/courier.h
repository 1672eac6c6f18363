/* SPDX-License-Identifier: Apache-2.0 */
/* The courier: the short-lived process that reads the KEK and hands it to the vaults. */
#ifndef SIGNER_COURIER_H
#define SIGNER_COURIER_H

#include <stdnoreturn.h>

#include "keystore/kek/header.h"

/* Reads the KEK from `source`, checks it against the header, writes KEK_SIZE raw bytes to each of the `count` sockets
 * in `vaults`, wipes its memory and exits 0. On any error it logs why and exits 1. */
noreturn void courier_run(const char *source, const char *keystore, const struct header *header, const int *vaults,
                          unsigned count);

#endif
