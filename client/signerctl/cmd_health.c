#include <inttypes.h>
#include <stdio.h>

#include "client/signerctl/cmd.h"
#include "client/signerctl/json.h"
#include "client/signerctl/names.h"

static void print_text(const struct signer_health *health, const struct signer_about *about)
{
    printf("state      %s\nversion    %s\nkeystore   %s\nkek        %s\nvaults     %" PRIu32 "\n"
           "uptime     %" PRIu64 " s\nwritable   %s\n",
           names_state(health->state), about->version, about->keystore_id, *about->kek_id ? about->kek_id : "none",
           health->vaults, health->uptime_seconds,
           health->writable ? "yes" : "no: a write failed, restart it when the disk is well");
    for (size_t i = 0; i < health->problem_count; i++)
        printf("problem    %s\n", health->problems[i]);
    for (size_t i = 0; i < health->protection_count; i++)
        printf("%s %s = %s\n", i == 0 ? "protected " : "          ", health->protections[i].name,
               health->protections[i].value);
}

static void print_json(const struct signer_health *health, const struct signer_about *about)
{
    struct json json = { .out = stdout };
    json_open(&json, NULL, '{');
    json_text(&json, "state", names_state(health->state));
    json_number(&json, "vaults", health->vaults);
    json_number(&json, "uptime_seconds", health->uptime_seconds);
    json_bool(&json, "writable", health->writable);
    json_bool(&json, "reopens", health->reopens);
    json_open(&json, "problems", '[');
    for (size_t i = 0; i < health->problem_count; i++)
        json_text(&json, NULL, health->problems[i]);
    json_close(&json, ']');
    json_open(&json, "protections", '{');
    for (size_t i = 0; i < health->protection_count; i++)
        json_text(&json, health->protections[i].name, health->protections[i].value);
    json_close(&json, '}');
    json_text(&json, "version", about->version);
    json_text(&json, "kek_id", about->kek_id);
    json_text(&json, "keystore_id", about->keystore_id);
    json_close(&json, '}');
    json_end(&json);
}

/* Asks and prints. */
static int report(struct context *context, bool ready)
{
    struct signer_health health;
    struct signer_about about;
    struct signer_error error;
    if (!command_connect(context))
        return COMMAND_FAILED;
    if (signer_health(context->client, &health, &error) != SIGNER_OK
        || signer_hello(context->client, &about, &error) != SIGNER_OK)
        return command_error(&error);
    if (context->json)
        print_json(&health, &about);
    else
        print_text(&health, &about);
    if (!ready || (health.state == SIGNER_OPEN && health.writable && health.problem_count == 0))
        return COMMAND_DONE;
    return command_fail("the signer is not ready: it is %s%s%s%s", names_state(health.state),
                        health.writable ? "" : ", and its keystore cannot be changed until a restart",
                        health.problem_count > 0 ? ", with " : "", health.problem_count > 0 ? health.problems[0] : "");
}

int cmd_health(struct context *context, int argc, char **argv)
{
    static const struct option options[] = { COMMAND_OPTIONS,
                                             { "ready", no_argument, NULL, 'r' },
                                             { NULL, 0, NULL, 0 } };
    bool ready = false;
    int option;
    while ((option = command_option(context, argc, argv, options)) != -1) {
        if (option != 'r')
            return COMMAND_USAGE;
        ready = true;
    }
    return command_no_more(context, argc, argv) ? report(context, ready) : COMMAND_USAGE;
}
