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
    bool check, sealed; /* sealed: no KEK, custodians bring it */
    enum sandbox_mode sandbox;
    uint32_t required;  /* protections */
    struct roles roles; /* `allowed` alone is set here */
    struct limits limits;
};

/* Parses, or prints help or a one-line error and exits (0 for help, 2 for usage). Where the command
 * line says nothing, the environment and the defaults of the manual do. */
void options_parse(int argc, char **argv, struct options *out);

#endif
