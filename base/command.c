/* SPDX-License-Identifier: Apache-2.0 */
#include "base/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command_program *running;
static const struct command_verb *running_verb;
static char last_failure[1024];

static const char *name(void)
{
    return running ? running->name : program_invocation_short_name;
}

static int print_program_help(void)
{
    fputs(running->help_head, stdout);
    for (const struct command_verb *const *verb = running->verbs; *verb; verb++)
        printf("  %-13s %s\n", (*verb)->name, (*verb)->summary);
    fputs(running->help_foot, stdout);
    return command_flush(EXIT_DONE);
}

static const struct command_verb *find(const char *name)
{
    for (const struct command_verb *const *verb = running->verbs; *verb; verb++)
        if (strcmp((*verb)->name, name) == 0)
            return *verb;
    return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* `help`, and `help VERB`: what `--help` and `VERB --help` are. */
static int run_help(int argc, char **argv)
{
    const struct command_verb *verb = argc == 2 && argv[1][0] != '-' ? find(argv[1]) : NULL;
    if (argc == 1 || argv[1][0] == '-')
        return print_program_help();
    if (!verb)
        return argc == 2 ? command_misuse("there is no verb \"%s\"", argv[1]) : command_misuse("help takes one verb");
    fputs(verb->help, stdout);
    return command_flush(EXIT_DONE);
}

int command_run(const struct command_program *program, int argc, char **argv)
{
    running = program;
    running_verb = NULL;
    if (argc < 1)
        return command_misuse("no verb was given");
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        return print_program_help();
    if (strcmp(argv[0], "help") == 0)
        return run_help(argc, argv);
    if (strcmp(argv[0], "--version") == 0) {
        printf("%s " SIGNER_VERSION "\n", program->name);
        return command_flush(EXIT_DONE);
    }
    const struct command_verb *verb = find(argv[0]);
    if (!verb)
        return command_misuse("there is no verb \"%s\"", argv[0]);
    running_verb = verb;
    if (asks_for_help(argc, argv)) {
        fputs(verb->help, stdout);
        return command_flush(EXIT_DONE);
    }
    optind = 0; /* glibc: restart getopt_long for another argument list */
    if (program->begin && !program->begin(verb))
        return EXIT_REFUSED;
    return command_flush(verb->run(argc, argv));
}

int command_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_failure, sizeof last_failure, format, arguments);
    va_end(arguments);
    va_start(arguments, format);
    fprintf(stderr, "%s: ", name());
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return EXIT_REFUSED;
}

const char *command_last_failure(void)
{
    return last_failure;
}

int command_misuse(const char *format, ...)
{
    const char *gap = running_verb ? " " : "", *verb = running_verb ? running_verb->name : "";
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s%s%s: ", name(), gap, verb);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "; see %s%s%s --help\n", name(), gap, verb);
    va_end(arguments);
    return EXIT_USAGE;
}

int command_option(int argc, char **argv, const struct option *known)
{
    int option = getopt_long(argc, argv, running_verb ? ":" : "+:", known, NULL);
    if (option != '?' && option != ':')
        return option;
    const char *what = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    command_misuse(option == ':' ? "%s needs a value" : "%s is not a valid option", what);
    return '?';
}

bool command_number(const char *text, const char *option, unsigned long low, unsigned long high, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && !*end && *number >= low && *number <= high)
        return true;
    command_fail("%s is \"%s\": it must be a number from %lu to %lu", option, text, low, high);
    return false;
}

int command_flush(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return command_fail("cannot write to standard output: %s", strerror(errno));
}
