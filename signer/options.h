/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of signer. */
#ifndef SIGNER_OPTIONS_H
#define SIGNER_OPTIONS_H

#include <stdbool.h>

#include "signer/gate/core/limits.h"
#include "signer/gate/core/roles.h"
#include "signer/sandbox/sandbox.h"

struct options {
    const char *keystore, *kek, *socket, *user; /* kek: NULL when sealed */
    unsigned vaults;
    bool check, sealed; /* sealed: starts without a KEK; custodians unseal it */
    enum sandbox_mode sandbox;
    uint32_t required;  /* set of protections, see protections_require */
    struct roles roles; /* only the grants of --allow are set here */
    const char *access; /* a file of further grants, or NULL */
    struct limits limits;
};

/* Parses the command line; what it leaves out comes from the environment and from the defaults in signer(8). Prints
 * help and exits 0, or prints a one-line error and exits 2. The strings in *out point into argv, the environment or
 * static memory. */
void options_parse(int argc, char **argv, struct options *out);

#endif
