/* SPDX-License-Identifier: Apache-2.0 */
/* growth_caller: what growth.py measures as a client, with the keys of make_keys (EC P-256). Any error ends it with 1.
 *
 *   first SOCKET PROGRAM ARGUMENT…              starts a signer, signs with k000000, prints the nanoseconds from that
 *                                               start to the answer, and ends it. It asks from before there is a
 *                                               socket, every tenth of a millisecond: so much may be too much
 *   cold  SOCKET COUNT OF                       signs with COUNT keys, evenly among the first OF, one after the
 *                                               other, then with each a second time; prints p50 and p99 of both in
 *                                               microseconds
 *   rate  SOCKET KEYS CALLERS IN_FLIGHT SECONDS each caller, a connection and a thread, signs with KEYS keys by turns,
 *                                               once all have been used; prints how many signatures a second */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/signer.h"

enum { KEYS_MAX = 1000000, COLD_MAX = 10000, CALLERS_MAX = 64, IN_FLIGHT_MAX = 256, RETRY_NS = 100000 };

static pid_t started; /* the signer of `first` */

static _Noreturn void die(const char *what, const char *reason, const char *why)
{
    fprintf(stderr, "growth_caller: %s: %s: %s\n", what, reason, why);
    if (started > 0)
        kill(started, SIGKILL); /* its rooms end with it */
    exit(1);
}

static uint64_t now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
}

static signer_client *open_client(const char *socket)
{
    signer_client *client;
    struct signer_error error;
    struct signer_options options = { .socket = socket };
    if (signer_open(&client, &options, &error) != SIGNER_OK)
        die(socket, error.reason, error.message);
    return client;
}

/* What is asked for with each key; `id` has its name. */
static struct signer_sign request(unsigned number, char id[static 16])
{
    static const uint8_t digest[32] = "one signature with every key";
    snprintf(id, 16, "k%06u", number);
    return (struct signer_sign){
        .id = id, .scheme = SIGNER_ECDSA, .hash = SIGNER_SHA256, .input = digest, .input_length = sizeof digest
    };
}

static enum signer_status try_to_sign(signer_client *client, unsigned number, struct signer_error *error)
{
    char id[16];
    static uint8_t signature[SIGNER_SIGNATURE_MAX];
    size_t length = sizeof signature;
    struct signer_sign what = request(number, id);
    return signer_sign(client, &what, signature, &length, error);
}

static void sign(signer_client *client, unsigned number)
{
    struct signer_error error;
    if (try_to_sign(client, number, &error) != SIGNER_OK)
        die("sign", error.reason, error.message);
}

/* -- first -- */

static void sign_when_it_serves(signer_client *client)
{
    struct signer_error error;
    while (try_to_sign(client, 0, &error) != SIGNER_OK) {
        if (strcmp(error.reason, "CONNECTION_REFUSED") != 0 || waitpid(started, NULL, WNOHANG) != 0)
            die("sign", error.reason, error.message);
        nanosleep(&(struct timespec){ .tv_nsec = RETRY_NS }, NULL);
    }
}

static void first(const char *socket, char **command)
{
    signer_client *client = open_client(socket);
    uint64_t began = now();
    int number = posix_spawn(&started, command[0], NULL, NULL, command, environ);
    if (number != 0)
        die(command[0], "cannot start", strerror(number));
    (void)prctl(PR_SET_TIMERSLACK, 1); /* after the start: a signer of its own would sleep otherwise */
    sign_when_it_serves(client);
    printf("%llu\n", (unsigned long long)(now() - began));
    signer_close(client);
    kill(started, SIGTERM);
    waitpid(started, NULL, 0);
}

/* -- cold -- */

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void print_part(const char *name, uint64_t *samples, unsigned count)
{
    qsort(samples, count, sizeof *samples, compare);
    printf("\"%s_p50_us\": %.1f, \"%s_p99_us\": %.1f", name, (double)samples[count / 2] / 1000, name,
           (double)samples[count * 99 / 100] / 1000);
}

static void cold(const char *socket, unsigned count, unsigned of)
{
    static uint64_t samples[2][COLD_MAX];
    signer_client *client = open_client(socket);
    struct signer_about about;
    struct signer_error error;
    if (signer_hello(client, &about, &error) != SIGNER_OK) /* connects: that is not the keys' time */
        die(socket, error.reason, error.message);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < count; i++) {
            uint64_t began = now();
            sign(client, (unsigned)((uint64_t)i * of / count));
            samples[round][i] = now() - began;
        }
    signer_close(client);
    printf("{\"different\": %u, ", count);
    print_part("first", samples[0], count);
    fputs(", ", stdout);
    print_part("second", samples[1], count);
    puts("}");
}

/* -- rate -- */

static struct {
    unsigned keys, callers, in_flight;
    double seconds;
    pthread_barrier_t start;
} plan;

struct caller {
    pthread_t thread;
    signer_client *client;
    unsigned next; /* key */
    uint64_t done;
};

static void submit(struct caller *caller)
{
    char id[16];
    uint64_t ticket;
    struct signer_error error;
    struct signer_sign what = request(caller->next, id);
    caller->next = (caller->next + 1) % plan.keys;
    if (signer_submit(caller->client, &what, &ticket, &error) != SIGNER_OK)
        die(id, error.reason, error.message);
}

static void collect(struct caller *caller)
{
    uint8_t signature[256];
    size_t length = sizeof signature;
    uint64_t ticket;
    struct signer_error error;
    if (signer_wait_any(caller->client, &ticket, &error) != SIGNER_OK
        || signer_collect(caller->client, ticket, signature, &length, &error) != SIGNER_OK)
        die("collect", error.reason, error.message);
}

static void *call(void *argument)
{
    struct caller *caller = argument;
    pthread_barrier_wait(&plan.start);
    uint64_t end = now() + (uint64_t)(plan.seconds * 1e9);
    for (unsigned i = 0; i < plan.in_flight; i++)
        submit(caller);
    for (; now() < end; caller->done++) {
        collect(caller);
        submit(caller);
    }
    for (unsigned i = 0; i < plan.in_flight; i++)
        collect(caller);
    return NULL;
}

static void rate(const char *socket)
{
    static struct caller callers[CALLERS_MAX];
    uint64_t done = 0;
    pthread_barrier_init(&plan.start, NULL, plan.callers);
    for (unsigned i = 0; i < plan.callers; i++)
        callers[i] = (struct caller){ .client = open_client(socket), .next = i * plan.keys / plan.callers };
    for (unsigned i = 0; i < plan.keys; i++)
        sign(callers[0].client, i);
    for (unsigned i = 0; i < plan.callers; i++)
        if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0)
            die("caller", "cannot start", "no thread");
    for (unsigned i = 0; i < plan.callers; i++) {
        pthread_join(callers[i].thread, NULL);
        done += callers[i].done;
        signer_close(callers[i].client);
    }
    printf("{\"operations_per_second\": %.1f}\n", (double)done / plan.seconds);
}

/* -- the command line -- */

static unsigned count_of(const char *text, unsigned most)
{
    unsigned long count = strtoul(text, NULL, 10);
    if (count == 0 || count > most)
        die(text, "count", "out of range");
    return (unsigned)count;
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "first") == 0) {
        first(argv[2], argv + 3);
    } else if (argc == 5 && strcmp(argv[1], "cold") == 0) {
        cold(argv[2], count_of(argv[3], COLD_MAX), count_of(argv[4], KEYS_MAX));
    } else if (argc == 7 && strcmp(argv[1], "rate") == 0) {
        plan.keys = count_of(argv[3], KEYS_MAX);
        plan.callers = count_of(argv[4], CALLERS_MAX);
        plan.in_flight = count_of(argv[5], IN_FLIGHT_MAX);
        plan.seconds = strtod(argv[6], NULL);
        rate(argv[2]);
    } else {
        fputs("usage: growth_caller first SOCKET PROGRAM ARGUMENT... | cold SOCKET COUNT OF"
              " | rate SOCKET KEYS CALLERS IN_FLIGHT SECONDS\n",
              stderr);
        return 2;
    }
    return 0;
}
