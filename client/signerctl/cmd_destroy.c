#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/signerctl/cmd.h"
#include "client/signerctl/json.h"

/* Asks the terminal to type the id. */
static bool confirm(const char *id)
{
    char line[128];
    fprintf(stderr, "This destroys key %s for ever. Type its id to go on: ", id);
    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, id) == 0;
}

static int destroy(struct context *context, const char *id)
{
    struct signer_error error;
    struct json json = { .out = stdout };
    bool existed = false;
    if (!command_connect(context))
        return COMMAND_FAILED;
    if (signer_destroy(context->client, id, &existed, &error) != SIGNER_OK)
        return command_error(&error);
    if (!context->json) {
        printf("%s %s\n", existed ? "destroyed" : "was not there:", id);
        return COMMAND_DONE;
    }
    json_open(&json, NULL, '{');
    json_text(&json, "id", id);
    json_bool(&json, "existed", existed);
    json_close(&json, '}');
    json_end(&json);
    return COMMAND_DONE;
}

int cmd_destroy(struct context *context, int argc, char **argv)
{
    static const struct option options[] = { COMMAND_OPTIONS, { "yes", no_argument, NULL, 'y' }, { NULL, 0, NULL, 0 } };
    bool yes = false;
    int option;
    while ((option = command_option(context, argc, argv, options)) != -1) {
        if (option != 'y')
            return COMMAND_USAGE;
        yes = true;
    }
    const char *id = command_id(context, argc, argv);
    if (!id)
        return COMMAND_USAGE;
    if (!yes && !(isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))
        return command_misuse(context, "destroy needs --yes where there is no terminal to ask");
    if (!yes && !confirm(id))
        return command_fail("that is not %s: nothing was destroyed", id);
    return destroy(context, id);
}
