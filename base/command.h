/* SPDX-License-Identifier: Apache-2.0 */
/* A command-line program with verbs: dispatch, help, options, exit codes and error messages. */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct command_verb {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit code */
    const char *summary;               /* its line in the program's --help */
    const char *help;                  /* the whole text of the verb's own --help; begins with "usage:" */
    unsigned flags;                    /* for the program's `begin` */
};

struct command_program {
    const char *name;
    const struct command_verb *const *verbs; /* ends in NULL */
    const char *help_head, *help_foot;       /* before and after the list of verbs */
    /* Called before a verb runs; may be NULL. False: refused; the reason was printed. */
    bool (*begin)(const struct command_verb *verb);
};

/* Runs the verb argv[0] and returns the exit code. `--help` after the verb prints the verb's help, and
 * so does `help` before the verb; `help`, `--help` or `--version` in place of a verb prints the program's. */
int command_run(const struct command_program *program, int argc, char **argv);

/* Prints "NAME: sentence" on standard error; returns EXIT_REFUSED. */
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The last sentence that command_fail printed, for a report; "" before the first. */
const char *command_last_failure(void);
/* Prints "NAME VERB: what; see NAME VERB --help" on standard error; returns EXIT_USAGE. */
int command_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The next option (getopt_long), -1 after the last one, '?' after a mistake, which was printed. */
int command_option(int argc, char **argv, const struct option *known);

/* Parses a decimal number in [low, high]. False: it is not one; the mistake was printed. */
bool command_number(const char *text, const char *option, unsigned long low, unsigned long high, unsigned long *number);

/* Flushes standard output. Returns `code`, or EXIT_REFUSED if anything could not be written, which was printed. */
int command_flush(int code);

#endif
