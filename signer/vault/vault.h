/* A vault: the room that owns the KEK and the keys. It reads messages with a fixed header from
 * its own gate and nothing else: no protobuf, no path, no file, no client. */
#ifndef SIGNER_VAULT_H
#define SIGNER_VAULT_H

#include <stdbool.h>
#include <stdnoreturn.h>

#include "keystore/kek/header.h"
#include "signer/sandbox/sandbox.h"

/* What a vault is told at the fork; all of it public. */
struct vault_setup {
    int fd;      /* its end of the socketpair, which brings the KEK first */
    bool sealed; /* no KEK comes: custodians will unlock it */
    struct header header;
    struct sandbox_terms terms;
};

/* Becomes a vault until the gate is gone. It says what protects it and the key that custodians seal to;
 * then come KEK_SIZE raw bytes, unless it is sealed. A KEK that does not open the header ends the process,
 * as everything unexpected does. */
noreturn void vault_run(const struct vault_setup *setup);

#endif
