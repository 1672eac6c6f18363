/* The frame of a program with verbs: its table, its help, its exit codes, and one way to report. */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct command_verb {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the verb; gives the exit code */
    const char *summary;               /* one line of the program's --help */
    const char *help;                  /* the whole of the verb's own --help; begins with "usage:" */
    unsigned flags;                    /* for the program's `begin` */
};

struct command_program {
    const char *name;
    const struct command_verb *const *verbs;        /* up to a NULL */
    const char *help_head, *help_foot;              /* before and after the list of verbs */
    bool (*begin)(const struct command_verb *verb); /* before a verb runs; NULL: nothing. False: refused, said */
};

/* Runs the verb argv[0]; `--help` after it prints its help, and `--help` or `--version` in its place those of
 * the program. Gives the exit code. */
int command_run(const struct command_program *program, int argc, char **argv);

/* "NAME: sentence" on standard error; gives EXIT_REFUSED. */
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The last sentence of command_fail, for a report about it; "" before the first. */
const char *command_last_failure(void);
/* "NAME VERB: what; NAME VERB --help tells how" on standard error; gives EXIT_USAGE. */
int command_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The next of these options (getopt_long), -1 at their end, '?' after a mistake that was reported. */
int command_option(int argc, char **argv, const struct option *known);

/* Reads a decimal number in [low, high]; false after a mistake that was reported. */
bool command_number(const char *text, const char *option, unsigned long low, unsigned long high, unsigned long *number);

/* Makes sure that standard output took everything: `code`, or EXIT_REFUSED. */
int command_flush(int code);

#endif
