/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] seal\n"
                           "\n"
                           "Seal the signer: every vault wipes its KEK and its keys.\n"
                           "\n"
                           "Custodians open it again with signer-ceremony unseal. A signer that was started\n"
                           "with --kek also opens again at its next restart.\n";

static int run_seal(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS, { NULL, 0, NULL, 0 } };
    struct signer_error error;
    struct signer_health health;
    struct json json = { .out = stdout };
    if (context_option(argc, argv, options) != -1 || !context_no_more(argc, argv))
        return EXIT_USAGE;
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_seal(context->client, &error) != SIGNER_OK)
        return context_error(&error);
    if (signer_health(context->client, &health, NULL) == SIGNER_OK && health.reopens)
        fputs("signerctl: this signer was started with --kek and opens again at its next restart\n", stderr);
    if (!context->json) {
        puts("sealed");
        return EXIT_DONE;
    }
    json_open(&json, NULL, '{');
    json_text(&json, "state", "sealed");
    json_close(&json, '}');
    json_end(&json);
    return EXIT_DONE;
}

const struct command_verb cmd_seal = { "seal", run_seal, "Seal the signer: every vault wipes its KEK and its keys",
                                       help, 0 };
