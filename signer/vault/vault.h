/* SPDX-License-Identifier: Apache-2.0 */
/* A vault: the room that owns the KEK and the private keys. Privilege separation: it reads only messages with a fixed
 * header from its own gate; no protobuf, no path, no file, no client. */
#ifndef SIGNER_VAULT_VAULT_H
#define SIGNER_VAULT_VAULT_H

#include <stdbool.h>
#include <stdnoreturn.h>

#include "keystore/kek/header.h"
#include "signer/sandbox/sandbox.h"

/* What a vault receives at the fork; all of it is public. */
struct vault_setup {
    int fd;      /* its end of the socketpair, on which the KEK arrives first */
    bool sealed; /* no KEK arrives: custodians will unseal it */
    struct header header;
    struct sandbox_terms terms;
};

/* Runs a vault until the gate is gone. It sends HELLO with its protections and the public key that custodians seal to;
 * then it reads KEK_SIZE raw bytes, unless it starts sealed. Fails closed: a KEK that does not pass header_check ends
 * the process, and so does everything else that is unexpected. */
noreturn void vault_run(const struct vault_setup *setup);

#endif
