/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] destroy ID [--yes]\n"
                           "\n"
                           "Destroy a key for ever.\n"
                           "\n"
                           "  --yes    do not ask; without it the id must be typed again at the terminal\n"
                           "Copies in backups are not destroyed: they last as long as the backup and its\n"
                           "KEK.\n";

/* Asks at the terminal for the id. */
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
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_destroy(context->client, id, &existed, &error) != SIGNER_OK)
        return context_error(&error);
    if (!context->json) {
        printf("%s %s\n", existed ? "destroyed" : "was not there:", id);
        return EXIT_DONE;
    }
    json_open(&json, NULL, '{');
    json_text(&json, "id", id);
    json_bool(&json, "existed", existed);
    json_close(&json, '}');
    json_end(&json);
    return EXIT_DONE;
}

static int run_destroy(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS, { "yes", no_argument, NULL, 'y' }, { NULL, 0, NULL, 0 } };
    bool yes = false;
    int option;
    while ((option = context_option(argc, argv, options)) != -1) {
        if (option != 'y')
            return EXIT_USAGE;
        yes = true;
    }
    const char *id = context_id(argc, argv);
    if (!id)
        return EXIT_USAGE;
    if (!yes && !(isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))
        return command_misuse("destroy needs --yes where there is no terminal to ask");
    if (!yes && !confirm(id))
        return command_fail("that is not %s: nothing was destroyed", id);
    return destroy(context, id);
}

const struct command_verb cmd_destroy = { "destroy", run_destroy, "Destroy a key for ever", help, 0 };
