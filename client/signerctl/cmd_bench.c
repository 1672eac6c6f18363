/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "client/signerctl/bench.h"
#include "client/signerctl/names.h"
#include "client/signerctl/verbs.h"

static const char help[] = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] bench ID\n"
                           "               [--callers N] [--in-flight M] [--seconds S] [--scheme S]\n"
                           "               [--hash H] [--spin US]\n"
                           "\n"
                           "Measure how many signatures per second the signer makes with a key.\n"
                           "\n"
                           "  --callers N     threads, each with its own connection (default 1)\n"
                           "  --in-flight M   requests that each thread keeps in flight (default 1)\n"
                           "  --seconds S     duration (default 5)\n"
                           "  --scheme S      the scheme, if not the key's default: for example rsa-pss\n"
                           "  --hash H        the hash, if not sha256\n"
                           "  --spin US       poll that many microseconds for an answer before sleeping\n"
                           "Latency is from sending a request to having its signature. Every error is\n"
                           "counted, and the exit code is 1 when nothing was signed.\n";

struct wanted {
    struct bench_plan plan;
    uint8_t public_key_sha256[SIGNER_SHA256_SIZE];
    bool scheme_given, hash_given;
};

static bool parse_count(int option, struct bench_plan *plan)
{
    unsigned long number = 0;
    bool right = false;
    if (option == 'c')
        right = command_number(optarg, "--callers", 1, BENCH_CALLERS_MAX, &number);
    else if (option == 'm')
        right = command_number(optarg, "--in-flight", 1, BENCH_IN_FLIGHT_MAX, &number);
    else
        right = command_number(optarg, "--spin", 0, 1000000, &number);
    if (option == 'c')
        plan->callers = (unsigned)number;
    else if (option == 'm')
        plan->in_flight = (unsigned)number;
    else
        plan->options.spin_us = (uint32_t)number;
    return right;
}

static bool parse_seconds(struct bench_plan *plan)
{
    char *end;
    plan->seconds = strtod(optarg, &end);
    if (end != optarg && !*end && isfinite(plan->seconds) && plan->seconds > 0 && plan->seconds <= 86400)
        return true;
    command_misuse("--seconds is \"%s\": it must be a number up to 86400", optarg);
    return false;
}

static bool parse_option(int option, struct wanted *wanted)
{
    switch (option) {
    case 'c':
    case 'm':
    case 'p': return parse_count(option, &wanted->plan);
    case 's': return parse_seconds(&wanted->plan);
    case 'x':
        wanted->scheme_given = true;
        if (names_to_scheme(optarg, &wanted->plan.what.scheme))
            return true;
        command_misuse("--scheme %s is not a scheme", optarg);
        return false;
    case 'H':
        wanted->hash_given = true;
        if (names_to_hash(optarg, &wanted->plan.what.hash))
            return true;
        command_misuse("--hash %s is not a hash", optarg);
        return false;
    default: return false;
    }
}

/* Chooses scheme, hash and input: a digest of the hash's size, or a message of 100 bytes. */
static int choose(struct context *context, struct wanted *wanted)
{
    static const uint8_t input[100] = { 1, 2, 3 };
    struct signer_sign *what = &wanted->plan.what;
    struct signer_error error;
    struct signer_key *key = NULL;
    if (signer_get_key(context->client, what->id, &key, &error) != SIGNER_OK)
        return context_error(&error);
    bool known = wanted->scheme_given || names_scheme_of(key->algorithm, &what->scheme);
    int code = known ? EXIT_DONE : command_fail("key %s is %s: name its --scheme", key->id, key->algorithm);
    memcpy(wanted->public_key_sha256, key->public_key_sha256, sizeof wanted->public_key_sha256);
    what->public_key_sha256 = wanted->public_key_sha256;
    signer_key_free(key);
    bool digest = names_wants_digest(what->scheme);
    if (!wanted->hash_given)
        what->hash = digest ? SIGNER_SHA256 : SIGNER_HASH_NONE;
    what->input = input;
    what->input_length = !digest      ? sizeof input
        : what->hash == SIGNER_SHA512 ? 64
        : what->hash == SIGNER_SHA384 ? 48
                                      : 32;
    return code;
}

static void print_json(const struct wanted *wanted, const struct bench_result *result)
{
    struct json json = { .out = stdout };
    json_open(&json, NULL, '{');
    json_text(&json, "id", wanted->plan.what.id);
    json_text(&json, "scheme", names_scheme(wanted->plan.what.scheme));
    json_text(&json, "hash", names_hash(wanted->plan.what.hash));
    json_number(&json, "callers", wanted->plan.callers);
    json_number(&json, "in_flight", wanted->plan.in_flight);
    json_real(&json, "seconds", result->seconds);
    json_number(&json, "operations", result->operations);
    json_real(&json, "operations_per_second", (double)result->operations / result->seconds);
    json_real(&json, "p50_us", result->p50_us);
    json_real(&json, "p99_us", result->p99_us);
    json_number(&json, "errors", result->errors);
    json_close(&json, '}');
    json_end(&json);
}

static void print_text(const struct wanted *wanted, const struct bench_result *result)
{
    printf("%s, %s, %s: %u callers x %u in flight, %.1f s\n"
           "%.0f operations per second, p50 %.1f us, p99 %.1f us, %" PRIu64 " errors\n",
           wanted->plan.what.id, names_scheme(wanted->plan.what.scheme), names_hash(wanted->plan.what.hash),
           wanted->plan.callers, wanted->plan.in_flight, result->seconds, (double)result->operations / result->seconds,
           result->p50_us, result->p99_us, result->errors);
}

static int measure(struct context *context, struct wanted *wanted)
{
    struct signer_error error = { 0 };
    struct bench_result result;
    wanted->plan.options.socket = context->socket;
    wanted->plan.options.timeout_ms = context->timeout_ms;
    wanted->plan.progress = isatty(STDERR_FILENO);
    if (!bench_run(&wanted->plan, &result, &error))
        return context_error(&error);
    if (result.errors > 0)
        command_fail("the first of %" PRIu64 " errors: %s: %s", result.errors, result.error.reason,
                     result.error.message);
    if (context->json)
        print_json(wanted, &result);
    else
        print_text(wanted, &result);
    return result.operations > 0 ? EXIT_DONE : EXIT_REFUSED;
}

static int run_bench(int argc, char **argv)
{
    struct context *context = context_get();
    static const struct option options[] = { CONTEXT_OPTIONS,
                                             { "callers", required_argument, NULL, 'c' },
                                             { "in-flight", required_argument, NULL, 'm' },
                                             { "seconds", required_argument, NULL, 's' },
                                             { "scheme", required_argument, NULL, 'x' },
                                             { "hash", required_argument, NULL, 'H' },
                                             { "spin", required_argument, NULL, 'p' },
                                             { NULL, 0, NULL, 0 } };
    struct wanted wanted = { .plan = { .callers = 1, .in_flight = 1, .seconds = 5 } };
    int option;
    while ((option = context_option(argc, argv, options)) != -1)
        if (!parse_option(option, &wanted))
            return EXIT_USAGE;
    wanted.plan.what.id = context_id(argc, argv);
    if (!wanted.plan.what.id)
        return EXIT_USAGE;
    if (!context_connect(context))
        return EXIT_REFUSED;
    int code = choose(context, &wanted);
    return code == EXIT_DONE ? measure(context, &wanted) : code;
}

const struct command_verb cmd_bench = { "bench", run_bench, "Measure signatures per second", help, 0 };
