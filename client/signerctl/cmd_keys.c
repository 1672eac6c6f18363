/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/signerctl/key_text.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] keys\n"
                           "\n"
                           "List all keys, one on each line.\n"
                           "\n"
                           "\"unverified\" marks a key that was read from its file and that no vault has\n"
                           "opened yet. A key whose file cannot be used bears the reason, such as\n"
                           "KEY_CORRUPT, and the exit code is 1 if there is one; signer-ceremony doctor\n"
                           "tells what to do.\n";

/* How many keys were listed, and the damaged ones among them. */
struct tally {
    size_t keys, damaged;
    char first[sizeof((struct signer_key *)NULL)->fault + 72]; /* "KEY_CORRUPT: id" */
};

static void count(struct tally *tally, const struct signer_key *key)
{
    tally->keys++;
    if (*key->fault && tally->damaged++ == 0)
        snprintf(tally->first, sizeof tally->first, "%s: %s", key->fault, key->id);
}

static void print_page(const struct context *context, struct json *json, const struct signer_key_list *list,
                       struct tally *tally)
{
    for (size_t i = 0; i < list->count; i++) {
        count(tally, &list->keys[i]);
        if (!context->json) {
            key_text_line(&list->keys[i]);
            continue;
        }
        key_text_json(json, &list->keys[i]);
        json_close(json, '}');
    }
}

/* Prints the page after the id *after and replaces *after by the page's last id. False: it was the last page, or it
 * failed (printed) and *code is the exit code. */
static bool next_page(struct context *context, struct json *json, char **after, struct tally *tally, int *code)
{
    struct signer_error error;
    struct signer_key_list *list = NULL;
    if (signer_list_keys(context->client, *after, 0, &list, &error) != SIGNER_OK) {
        *code = context_error(&error);
        return false;
    }
    print_page(context, json, list, tally);
    bool more = list->more && list->count > 0;
    free(*after);
    *after = more ? strdup(list->keys[list->count - 1].id) : NULL;
    signer_key_list_free(list);
    if (more && !*after)
        *code = command_fail("out of memory");
    return *after != NULL;
}

static int run_keys(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS, { NULL, 0, NULL, 0 } };
    struct json json = { .out = stdout };
    struct tally tally = { 0 };
    char *after = NULL;
    int code = EXIT_DONE;
    if (context_option(argc, argv, options) != -1 || !context_no_more(argc, argv))
        return EXIT_USAGE;
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (context->json)
        json_open(&json, NULL, '[');
    while (next_page(context, &json, &after, &tally, &code))
        ;
    free(after);
    if (context->json && code == EXIT_DONE) {
        json_close(&json, ']');
        json_end(&json);
    }
    if (code == EXIT_DONE && tally.damaged > 0)
        return command_fail("%zu of %zu keys cannot be used, the first of them: %s; signer-ceremony doctor tells more",
                            tally.damaged, tally.keys, tally.first);
    return code;
}

const struct command_verb cmd_keys = { "keys", run_keys, "List all keys, one on each line", help, 0 };
