#include "client/signerctl/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- reporting -- */

int command_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("signerctl: ", stderr);
    vfprintf(stderr, format, arguments);
    putc('\n', stderr);
    va_end(arguments);
    return COMMAND_FAILED;
}

int command_misuse(const struct context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("signerctl: ", stderr);
    vfprintf(stderr, format, arguments);
    if (context->command)
        fprintf(stderr, ": see signerctl %s --help\n", context->command->verb);
    else
        fputs(": see signerctl --help\n", stderr);
    va_end(arguments);
    return COMMAND_USAGE;
}

int command_error(const struct signer_error *error)
{
    if (error->retry_after_ms > 0)
        return command_fail("%s: %s (try again in %u ms)", error->reason, error->message, error->retry_after_ms);
    return command_fail("%s: %s", error->reason, error->message);
}

int command_flush(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return command_fail("cannot write to standard output: %s", strerror(errno));
}

void command_print_help(const struct command *command)
{
    printf("signerctl [--socket PATH] [--timeout SECONDS] [--json] %s%s%s\n%s.\n", command->verb,
           *command->arguments ? " " : "", command->arguments, command->summary);
    if (command->help)
        printf("\n%s", command->help);
}

/* -- options and arguments -- */

bool command_number(const char *text, const char *option, unsigned long low, unsigned long high, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && !*end && *number >= low && *number <= high)
        return true;
    command_fail("%s is \"%s\": it takes a number from %lu to %lu", option, text, low, high);
    return false;
}

static bool take_common(struct context *context, int option)
{
    unsigned long seconds;
    switch (option) {
    case 'S': context->socket = optarg; return true;
    case 'T':
        if (!command_number(optarg, "--timeout", 1, 86400, &seconds))
            return false;
        context->timeout_ms = (uint32_t)seconds * 1000;
        return true;
    default: context->json = true; return true;
    }
}

static int mistake(const struct context *context, int argc, char **argv, int kind)
{
    const char *what = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    if (kind == ':')
        command_misuse(context, "%s needs a value", what);
    else
        command_misuse(context, "%s is no option here", what);
    return '?';
}

int command_option(struct context *context, int argc, char **argv, const struct option *options)
{
    for (;;) {
        int option = getopt_long(argc, argv, context->command ? ":h" : "+:h", options, NULL);
        if (option == '?' || option == ':')
            return mistake(context, argc, argv, option);
        if (option == 'h' && context->command) {
            command_print_help(context->command);
            exit(command_flush(COMMAND_DONE));
        }
        if (option != 'S' && option != 'T' && option != 'J')
            return option;
        if (!take_common(context, option))
            return '?';
    }
}

const char *command_id(struct context *context, int argc, char **argv)
{
    if (optind == argc - 1)
        return argv[optind];
    command_misuse(context, "%s takes one key id", context->command->verb);
    return NULL;
}

bool command_no_more(struct context *context, int argc, char **argv)
{
    if (optind == argc)
        return true;
    command_misuse(context, "%s takes no argument \"%s\"", context->command->verb, argv[optind]);
    return false;
}

bool command_connect(struct context *context)
{
    struct signer_error error;
    struct signer_options options = { .socket = context->socket, .timeout_ms = context->timeout_ms };
    if (signer_open(&context->client, &options, &error) == SIGNER_OK)
        return true;
    command_error(&error);
    return false;
}
