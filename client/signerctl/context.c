/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/context.h"

#include "base/command.h"

static struct context context;

struct context *context_get(void)
{
    return &context;
}

static bool parse_common(int option)
{
    unsigned long seconds;
    switch (option) {
    case 'S': context.socket = optarg; return true;
    case 'T':
        if (!command_number(optarg, "--timeout", 1, 86400, &seconds))
            return false;
        context.timeout_ms = (uint32_t)seconds * 1000;
        return true;
    default: context.json = true; return true;
    }
}

int context_option(int argc, char **argv, const struct option *options)
{
    for (;;) {
        int option = command_option(argc, argv, options);
        if (option != 'S' && option != 'T' && option != 'J')
            return option;
        if (!parse_common(option))
            return '?';
    }
}

const char *context_id(int argc, char **argv)
{
    if (optind == argc - 1)
        return argv[optind];
    command_misuse("exactly one key id is needed");
    return NULL;
}

bool context_no_more(int argc, char **argv)
{
    if (optind == argc)
        return true;
    command_misuse("there is an argument too many: \"%s\"", argv[optind]);
    return false;
}

bool context_connect(struct context *to)
{
    struct signer_error error;
    struct signer_options options = { .socket = to->socket, .timeout_ms = to->timeout_ms };
    if (signer_open(&to->client, &options, &error) == SIGNER_OK)
        return true;
    context_error(&error);
    return false;
}

int context_error(const struct signer_error *error)
{
    if (error->retry_after_ms > 0)
        return command_fail("%s: %s (try again in %u ms)", error->reason, error->message, error->retry_after_ms);
    return command_fail("%s: %s", error->reason, error->message);
}

void context_end(void)
{
    signer_close(context.client);
    context.client = NULL;
}
