/* The store: the room that owns the keystore directory and sees only ciphertext. A slow disk
 * delays what needs the disk, and nothing else. */
#ifndef SIGNER_STORE_H
#define SIGNER_STORE_H

#include <stdnoreturn.h>

#include "keystore/files/directory.h"
#include "signer/sandbox/sandbox.h"

struct store_setup {
    int fd; /* its end of the socketpair */
    struct directory directory;
    struct sandbox_terms terms;
};

/* Becomes the store until the gate is gone. */
noreturn void store_run(const struct store_setup *setup);

#endif
