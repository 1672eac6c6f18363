/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] stats\n"
                           "\n"
                           "Print the signer's counters.\n";

static void print_json(const struct signer_stats *stats)
{
    struct json json = { .out = stdout };
    json_open(&json, NULL, '{');
    for (size_t i = 0; i < stats->count; i++)
        json_number(&json, stats->counters[i].name, stats->counters[i].value);
    json_close(&json, '}');
    json_end(&json);
}

static int run_stats(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS, { NULL, 0, NULL, 0 } };
    struct signer_error error;
    struct signer_stats stats;
    if (context_option(argc, argv, options) != -1 || !context_no_more(argc, argv))
        return EXIT_USAGE;
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_stats(context->client, &stats, &error) != SIGNER_OK)
        return context_error(&error);
    if (context->json) {
        print_json(&stats);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < stats.count; i++)
        printf("%-40s %" PRIu64 "\n", stats.counters[i].name, stats.counters[i].value);
    return EXIT_DONE;
}

const struct command_verb cmd_stats = { "stats", run_stats, "Print the signer's counters", help, 0 };
