/* SPDX-License-Identifier: Apache-2.0 */
/* sign_each SOCKET COUNT [EVERY [IN_FLIGHT]]: one signature with each of the keys of make_keys, many
 * requests in flight. Prints "id hexadecimal-signature" of every EVERYth key, so that somebody else can
 * verify them, and at last "done COUNT SECONDS". Any error ends it with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/signer.h"

enum { IN_FLIGHT_MAX = 256, IN_FLIGHT = 64, KEYS_MAX = 1000000 };

struct sent { /* a request under way; ticket 0: none */
    uint64_t ticket;
    unsigned number;
};

static struct {
    signer_client *client;
    unsigned count, every, in_flight;
    struct sent sent[IN_FLIGHT_MAX];
} plan = { .in_flight = IN_FLIGHT };

static _Noreturn void die(unsigned number, const struct signer_error *error)
{
    fprintf(stderr, "sign_each: k%06u: %s: %s\n", number, error->reason, error->message);
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void submit(struct sent *place, unsigned number)
{
    char id[16];
    struct signer_error error;
    static const uint8_t digest[32] = "one signature with every key";
    struct signer_sign what = {
        .id = id, .scheme = SIGNER_ECDSA, .hash = SIGNER_SHA256, .input = digest, .input_length = sizeof digest
    };
    snprintf(id, sizeof id, "k%06u", number);
    place->number = number;
    if (signer_submit(plan.client, &what, &place->ticket, &error) != SIGNER_OK)
        die(number, &error);
}

static void print(unsigned number, const uint8_t *signature, size_t length)
{
    printf("k%06u ", number);
    for (size_t i = 0; i < length; i++)
        printf("%02x", signature[i]);
    putchar('\n');
}

/* Ends whichever request is answered first and gives back its place. */
static struct sent *collect(void)
{
    static uint8_t signature[SIGNER_SIGNATURE_MAX];
    size_t length = sizeof signature;
    uint64_t ticket = 0;
    struct signer_error error;
    struct sent *place = plan.sent;
    if (signer_wait_any(plan.client, &ticket, &error) != SIGNER_OK)
        die(0, &error);
    while (place->ticket != ticket)
        place++;
    if (signer_collect(plan.client, ticket, signature, &length, &error) != SIGNER_OK)
        die(place->number, &error);
    if (plan.every && place->number % plan.every == 0)
        print(place->number, signature, length);
    return place;
}

static void sign_all(void)
{
    unsigned next = 0, done = 0;
    for (; next < plan.in_flight && next < plan.count; next++)
        submit(&plan.sent[next], next);
    for (; done < plan.count; done++) {
        struct sent *place = collect();
        if (next < plan.count)
            submit(place, next++);
    }
}

int main(int argc, char **argv)
{
    struct signer_error error;
    plan.count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    plan.every = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    if (argc > 4)
        plan.in_flight = (unsigned)strtoul(argv[4], NULL, 10);
    if (plan.count == 0 || plan.count > KEYS_MAX || plan.in_flight == 0 || plan.in_flight > IN_FLIGHT_MAX) {
        fputs("usage: sign_each SOCKET COUNT [EVERY [IN_FLIGHT]]; up to 256 in flight\n", stderr);
        return 2;
    }
    struct signer_options options = { .socket = argv[1] };
    if (signer_open(&plan.client, &options, &error) != SIGNER_OK)
        die(0, &error);
    double began = now();
    sign_all();
    printf("done %u %.3f\n", plan.count, now() - began);
    signer_close(plan.client);
    return 0;
}
