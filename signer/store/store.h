/* SPDX-License-Identifier: Apache-2.0 */
/* The store: the room that owns the keystore directory and sees only ciphertext. As a process of its own it keeps a
 * slow disk from delaying signatures with loaded keys. */
#ifndef SIGNER_STORE_STORE_H
#define SIGNER_STORE_STORE_H

#include <stdnoreturn.h>

#include "keystore/files/directory.h"
#include "keystore/files/presence.h"
#include "signer/sandbox/sandbox.h"

struct store_setup {
    int fd; /* its end of the socketpair */
    struct directory directory;
    struct presence presence; /* entered, unless the store will not be asked to look */
    struct sandbox_terms terms;
};

/* Runs the store until the gate is gone, or until the gate sends something impossible. */
noreturn void store_run(const struct store_setup *setup);

#endif
