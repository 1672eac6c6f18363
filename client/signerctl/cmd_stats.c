#include <inttypes.h>
#include <stdio.h>

#include "client/signerctl/cmd.h"
#include "client/signerctl/json.h"

static void print_json(const struct signer_stats *stats)
{
    struct json json = { .out = stdout };
    json_open(&json, NULL, '{');
    for (size_t i = 0; i < stats->count; i++)
        json_number(&json, stats->counters[i].name, stats->counters[i].value);
    json_close(&json, '}');
    json_end(&json);
}

int cmd_stats(struct context *context, int argc, char **argv)
{
    static const struct option options[] = { COMMAND_OPTIONS, { NULL, 0, NULL, 0 } };
    struct signer_error error;
    struct signer_stats stats;
    if (command_option(context, argc, argv, options) != -1 || !command_no_more(context, argc, argv))
        return COMMAND_USAGE;
    if (!command_connect(context))
        return COMMAND_FAILED;
    if (signer_stats(context->client, &stats, &error) != SIGNER_OK)
        return command_error(&error);
    if (context->json) {
        print_json(&stats);
        return COMMAND_DONE;
    }
    for (size_t i = 0; i < stats.count; i++)
        printf("%-40s %" PRIu64 "\n", stats.counters[i].name, stats.counters[i].value);
    return COMMAND_DONE;
}
