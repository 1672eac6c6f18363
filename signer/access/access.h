/* SPDX-License-Identifier: Apache-2.0 */
/* The access room: reads the file of --access anew when its gate, told by SIGHUP, asks. The gate has no files, and a
 * room that has this file has nothing else: no client, no key, no keystore. */
#ifndef SIGNER_ACCESS_ACCESS_H
#define SIGNER_ACCESS_ACCESS_H

#include <stdnoreturn.h>

#include "signer/access/access_file.h"
#include "signer/sandbox/sandbox.h"

struct access_setup {
    int fd; /* its end of the socketpair */
    struct access_place place;
    struct sandbox_terms terms;
};

/* Runs the room until the gate is gone. What the gate sends is not looked at beyond its length. */
noreturn void access_run(const struct access_setup *setup);

#endif
