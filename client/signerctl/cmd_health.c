/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "client/signerctl/advice.h"
#include "client/signerctl/names.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] health [--ready]\n"
                           "\n"
                           "Print the signer's state and the protections in force.\n"
                           "\n"
                           "  --ready   exit 1 unless it is open, can store keys and has no problem: for\n"
                           "            probes\n";

static void print_text(const struct signer_health *health, const struct signer_about *about)
{
    printf("state      %s\nversion    %s\nkeystore   %s\nkek        %s\nvaults     %" PRIu32 "\n"
           "uptime     %" PRIu64 " s\nwritable   %s\n",
           names_state(health->state), about->version, about->keystore_id, *about->kek_id ? about->kek_id : "none",
           health->vaults, health->uptime_seconds,
           health->writable ? "yes" : "no: read-only, or a write failed; make it writable and restart the signer");
    for (size_t i = 0; i < health->problem_count; i++)
        printf("problem    %s: %s\n", health->problems[i], advice_problem(health->problems[i]));
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

/* One line for each reason, with what to do next. */
static int not_ready(const struct signer_health *health)
{
    const char *advice = advice_state(health->state, health->reopens);
    if (advice)
        command_fail("not ready: the signer is %s: %s", names_state(health->state), advice);
    for (size_t i = 0; i < health->problem_count; i++)
        command_fail("not ready: %s: %s", health->problems[i], advice_problem(health->problems[i]));
    if (!health->writable)
        command_fail("not ready: keys cannot be changed until the keystore is writable and the signer was restarted");
    return EXIT_REFUSED;
}

/* Queries the signer and prints the result. */
static int report(struct context *context, bool ready)
{
    struct signer_health health;
    struct signer_about about;
    struct signer_error error;
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_health(context->client, &health, &error) != SIGNER_OK
        || signer_hello(context->client, &about, &error) != SIGNER_OK)
        return context_error(&error);
    if (context->json)
        print_json(&health, &about);
    else
        print_text(&health, &about);
    if (!ready || (health.state == SIGNER_OPEN && health.writable && health.problem_count == 0))
        return EXIT_DONE;
    return not_ready(&health);
}

static int run_health(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS,
                                             { "ready", no_argument, NULL, 'r' },
                                             { NULL, 0, NULL, 0 } };
    bool ready = false;
    int option;
    while ((option = context_option(argc, argv, options)) != -1) {
        if (option != 'r')
            return EXIT_USAGE;
        ready = true;
    }
    return context_no_more(argc, argv) ? report(context, ready) : EXIT_USAGE;
}

const struct command_verb cmd_health = { "health", run_health, "Print the signer's state and the protections in force",
                                         help, 0 };
