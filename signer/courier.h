/* The courier: the short-lived process that reads the KEK and hands it to the vaults. */
#ifndef SIGNER_COURIER_H
#define SIGNER_COURIER_H

#include <stdnoreturn.h>

#include "keystore/kek/header.h"

/* Reads the KEK from its source, proves it against the header, writes KEK_SIZE raw bytes to each
 * vault, wipes, and exits 0; or says what is wrong and exits 1. */
noreturn void courier_run(const char *source, const char *keystore, const struct header *header, const int *vaults,
                          unsigned count);

#endif
