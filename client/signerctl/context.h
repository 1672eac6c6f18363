/* SPDX-License-Identifier: Apache-2.0 */
/* The common options of all verbs of signerctl, and the client. */
#ifndef CLIENT_SIGNERCTL_CONTEXT_H
#define CLIENT_SIGNERCTL_CONTEXT_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/signer.h"

struct context {
    const char *socket;  /* NULL: the library's default */
    uint32_t timeout_ms; /* 0: the library's default */
    bool json;
    signer_client *client; /* context_connect makes it, context_end closes it */
};

/* The first entries of every list of options; context_option handles them. */
#define CONTEXT_OPTIONS                                                                                                \
    { "socket", required_argument, NULL, 'S' }, { "timeout", required_argument, NULL, 'T' },                           \
        { "json", no_argument, NULL, 'J' }

/* The context of this process. */
struct context *context_get(void);

/* The next option that is not a common one; -1 after the last one, '?' after a mistake, which was printed. */
int context_option(int argc, char **argv, const struct option *options);

/* After the options: the only argument, the key id; NULL after a mistake, which was printed. */
const char *context_id(int argc, char **argv);

/* After the options: checks that there is no argument. False: there is one, which was printed as a mistake. */
bool context_no_more(int argc, char **argv);

/* Makes the client. False: it failed, and the reason was printed. */
bool context_connect(struct context *context) __attribute__((warn_unused_result));

/* Prints an error of the library; returns EXIT_REFUSED. */
int context_error(const struct signer_error *error);

/* Closes the client, if there is one. */
void context_end(void);

#endif
