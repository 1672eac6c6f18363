#include <stdio.h>

#include "client/signerctl/cmd.h"
#include "client/signerctl/json.h"

int cmd_seal(struct context *context, int argc, char **argv)
{
    static const struct option options[] = { COMMAND_OPTIONS, { NULL, 0, NULL, 0 } };
    struct signer_error error;
    struct signer_health health;
    struct json json = { .out = stdout };
    if (command_option(context, argc, argv, options) != -1 || !command_no_more(context, argc, argv))
        return COMMAND_USAGE;
    if (!command_connect(context))
        return COMMAND_FAILED;
    if (signer_seal(context->client, &error) != SIGNER_OK)
        return command_error(&error);
    if (signer_health(context->client, &health, NULL) == SIGNER_OK && health.reopens)
        fputs("signerctl: this signer was started with --kek and opens again at its next restart\n", stderr);
    if (!context->json) {
        puts("sealed");
        return COMMAND_DONE;
    }
    json_open(&json, NULL, '{');
    json_text(&json, "state", "sealed");
    json_close(&json, '}');
    json_end(&json);
    return COMMAND_DONE;
}
