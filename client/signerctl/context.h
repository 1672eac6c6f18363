/* What every verb of signerctl has: the common options, and the client. */
#ifndef CLIENT_SIGNERCTL_CONTEXT_H
#define CLIENT_SIGNERCTL_CONTEXT_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/signer.h"

struct context {
    const char *socket;  /* NULL: the library's choice */
    uint32_t timeout_ms; /* 0: the library's */
    bool json;
    signer_client *client; /* context_connect makes it, context_end closes it */
};

/* First in every list of options; context_option sees to them. */
#define CONTEXT_OPTIONS                                                                                                \
    { "socket", required_argument, NULL, 'S' }, { "timeout", required_argument, NULL, 'T' },                           \
        { "json", no_argument, NULL, 'J' }

/* The one of this program. */
struct context *context_get(void);

/* The next option of the verb, or before it; -1 at their end, '?' after a mistake that was reported. */
int context_option(int argc, char **argv, const struct option *options);

/* After the options: exactly one argument, the key id; NULL after a mistake that was reported. */
const char *context_id(int argc, char **argv);

/* After the options: no argument at all. */
bool context_no_more(int argc, char **argv);

/* Makes the client. False after a failure that was reported. */
bool context_connect(struct context *context) __attribute__((warn_unused_result));

/* Reports an error of the library; gives EXIT_REFUSED. */
int context_error(const struct signer_error *error);

void context_end(void);

#endif
