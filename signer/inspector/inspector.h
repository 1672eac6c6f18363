/* SPDX-License-Identifier: Apache-2.0 */
/* The inspector: the room that reads X.509, the richest format that clients send. It has no client, no file, no key and
 * no network, and answers its gate one question at a time: is this a chain of certificates, and is the first one of
 * this key? So a certificate that is slow to read delays other certificates, and one that breaks the reader breaks
 * nothing else. */
#ifndef SIGNER_INSPECTOR_INSPECTOR_H
#define SIGNER_INSPECTOR_INSPECTOR_H

#include <stdnoreturn.h>

#include "signer/sandbox/sandbox.h"

struct inspector_setup {
    int fd; /* its end of the socketpair */
    struct sandbox_terms terms;
};

/* Runs the inspector until the gate is gone, or until the gate sends something impossible. All memory that reading
 * takes is reserved at the start; a chain that needs more is answered INSPECT_MEMORY. */
noreturn void inspector_run(const struct inspector_setup *setup);

#endif
