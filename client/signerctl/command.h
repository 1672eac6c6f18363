/* What every verb of signerctl has: its row in the table, the common options, the client, and
 * one way to report. */
#ifndef CLIENT_SIGNERCTL_COMMAND_H
#define CLIENT_SIGNERCTL_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/signer.h"

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

struct command;

struct context {
    const struct command *command; /* the verb that runs */
    const char *socket;            /* NULL: the library's choice */
    uint32_t timeout_ms;           /* 0: the library's */
    bool json;
    signer_client *client; /* command_connect made it; main closes it */
};

struct command {
    const char *verb;
    int (*run)(struct context *context, int argc, char **argv);
    const char *arguments; /* as shown after the verb */
    const char *summary;   /* one line */
    const char *help;      /* the verb's own --help, after the first line */
};

/* First in every verb's option list; command_option sees to them. */
#define COMMAND_OPTIONS                                                                                                \
    { "socket", required_argument, NULL, 'S' }, { "timeout", required_argument, NULL, 'T' },                           \
        { "json", no_argument, NULL, 'J' }, { "help", no_argument, NULL, 'h' }

/* The next option of the verb, -1 at their end, '?' after a mistake that was reported. --help
 * prints and exits. */
int command_option(struct context *context, int argc, char **argv, const struct option *options);

/* After the options: exactly one argument, the key id; NULL after a mistake that was reported. */
const char *command_id(struct context *context, int argc, char **argv);

/* After the options: no argument at all. */
bool command_no_more(struct context *context, int argc, char **argv);

/* Reads a decimal number in [low, high]; false after a mistake that was reported. */
bool command_number(const char *text, const char *option, unsigned long low, unsigned long high, unsigned long *number);

/* Makes the client. False after a failure that was reported. */
bool command_connect(struct context *context) __attribute__((warn_unused_result));

/* Prints "signerctl: …" on standard error and returns COMMAND_FAILED. */
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for what an operator got wrong, with a pointer to the help: COMMAND_USAGE. */
int command_misuse(const struct context *context, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an error of the library. */
int command_error(const struct signer_error *error);

/* Makes sure that standard output took everything: `code`, or COMMAND_FAILED. */
int command_flush(int code);

void command_print_help(const struct command *command);

#endif
