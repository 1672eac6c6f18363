/* SPDX-License-Identifier: Apache-2.0 */
/* hello and algorithms: what a signer is and offers, as it tells every client that connects. */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "client/signerctl/names.h"
#include "client/signerctl/verbs.h"

static const char help_hello[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] hello\n"
                                 "\n"
                                 "Print which signer answers, what it offers, and the roles that you have with it.\n";

static const char help_algorithms[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] algorithms\n"
                                      "\n"
                                      "Print the algorithms that keys can be made with, one on each line.\n";

static void print_hello(const struct signer_about *about)
{
    printf("version    %s\nprotocol   %" PRIu32 "\nstate      %s\nkeystore   %s\nkek        %s\n", about->version,
           about->protocol, names_state(about->state), about->keystore_id, *about->kek_id ? about->kek_id : "none");
    printf("limits     %" PRIu32 " requests in flight, of %" PRIu32 " bytes (sign: %" PRIu32 "), answers of %" PRIu32
           "\n",
           about->in_flight_max, about->request_max, about->sign_request_max, about->response_max);
    printf("your roles");
    for (size_t i = 0; i < about->role_count; i++)
        printf(" %s", about->roles[i]);
    printf("%s\nalgorithms", about->role_count > 0 ? "" : " none");
    for (size_t i = 0; i < about->algorithm_count; i++)
        printf(" %s", about->algorithms[i]);
    putchar('\n');
}

static void put_algorithms(struct json *json, const struct signer_about *about)
{
    json_open(json, "algorithms", '[');
    for (size_t i = 0; i < about->algorithm_count; i++)
        json_text(json, NULL, about->algorithms[i]);
    json_close(json, ']');
}

static void print_hello_json(const struct signer_about *about)
{
    struct json json = { .out = stdout };
    json_open(&json, NULL, '{');
    json_text(&json, "version", about->version);
    json_number(&json, "protocol", about->protocol);
    json_text(&json, "state", names_state(about->state));
    json_text(&json, "keystore_id", about->keystore_id);
    json_text(&json, "kek_id", about->kek_id);
    json_number(&json, "in_flight_max", about->in_flight_max);
    json_number(&json, "request_max", about->request_max);
    json_number(&json, "sign_request_max", about->sign_request_max);
    json_number(&json, "response_max", about->response_max);
    json_open(&json, "roles", '[');
    for (size_t i = 0; i < about->role_count; i++)
        json_text(&json, NULL, about->roles[i]);
    json_close(&json, ']');
    put_algorithms(&json, about);
    json_close(&json, '}');
    json_end(&json);
}

static void print_algorithms(const struct signer_about *about)
{
    for (size_t i = 0; i < about->algorithm_count; i++)
        puts(about->algorithms[i]);
}

static void print_algorithms_json(const struct signer_about *about)
{
    struct json json = { .out = stdout };
    json_open(&json, NULL, '{');
    put_algorithms(&json, about);
    json_close(&json, '}');
    json_end(&json);
}

static int ask(int argc, char **argv, void (*print)(const struct signer_about *),
               void (*print_json)(const struct signer_about *))
{
    static const struct option options[] = { CONTEXT_OPTIONS, { NULL, 0, NULL, 0 } };
    struct context *context = context_get();
    struct signer_about about;
    struct signer_error error;
    if (context_option(argc, argv, options) != -1 || !context_no_more(argc, argv))
        return EXIT_USAGE;
    if (!context_connect(context))
        return EXIT_REFUSED;
    if (signer_hello(context->client, &about, &error) != SIGNER_OK)
        return context_error(&error);
    (context->json ? print_json : print)(&about);
    return EXIT_DONE;
}

static int run_hello(int argc, char **argv)
{
    return ask(argc, argv, print_hello, print_hello_json);
}

static int run_algorithms(int argc, char **argv)
{
    return ask(argc, argv, print_algorithms, print_algorithms_json);
}

const struct command_verb cmd_hello = { "hello", run_hello, "Print which signer answers, and your roles", help_hello,
                                        0 };
const struct command_verb cmd_algorithms = { "algorithms", run_algorithms,
                                             "Print the algorithms that keys can be made with", help_algorithms, 0 };
