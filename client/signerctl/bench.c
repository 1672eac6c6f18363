/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

/* -- latencies -- */

/* A logarithmic histogram: 32 buckets for each power of two. */
enum { BITS = 5, PER_POWER = 1 << BITS, BUCKETS = 64 * PER_POWER };

static size_t bucket_of(uint64_t ns)
{
    if (ns < PER_POWER)
        return (size_t)ns;
    unsigned shift = 63U - (unsigned)__builtin_clzll(ns) - BITS;
    return (size_t)(shift + 1) * PER_POWER + (size_t)(ns >> shift) - PER_POWER;
}

/* The midpoint of a bucket in microseconds. */
static double bucket_us(size_t bucket)
{
    if (bucket < PER_POWER)
        return (double)bucket / 1000;
    unsigned shift = (unsigned)(bucket / PER_POWER) - 1;
    return ((double)(bucket % PER_POWER + PER_POWER) + 0.5) * (double)(UINT64_C(1) << shift) / 1000;
}

static double percentile(const uint64_t *counts, uint64_t total, double part)
{
    uint64_t rank = (uint64_t)((double)total * part), seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += counts[i];
        if (seen > rank)
            return bucket_us(i);
    }
    return 0;
}

/* -- a caller -- */

struct sent { /* a request in flight; ticket 0: a free place */
    uint64_t ticket, at;
};

struct caller {
    const struct bench_plan *plan;
    signer_client *client;
    pthread_t thread;
    pthread_barrier_t *start;
    uint64_t end; /* CLOCK_MONOTONIC in nanoseconds, set at the start */
    atomic_uint_least64_t operations;
    uint64_t errors;
    struct signer_error error;
    struct sent *sent;
    uint64_t counts[BUCKETS];
    uint8_t signature[SIGNER_SIGNATURE_MAX];
};

/* Counts an error, and backs off briefly, so that a failing signer is not flooded. */
static void count_error(struct caller *caller, const struct signer_error *error)
{
    uint32_t told = error->retry_after_ms, ms = told > 0 && told < 1000 ? told : 5;
    if (caller->errors++ == 0)
        caller->error = *error;
    time_sleep_ms(ms);
}

static void count_done(struct caller *caller, uint64_t began)
{
    caller->counts[bucket_of(time_monotonic_ns() - began)]++;
    atomic_fetch_add_explicit(&caller->operations, 1, memory_order_relaxed);
}

static void call_one_by_one(struct caller *caller)
{
    struct signer_error error;
    uint64_t began;
    while ((began = time_monotonic_ns()) < caller->end) {
        size_t length = sizeof caller->signature;
        if (signer_sign(caller->client, &caller->plan->what, caller->signature, &length, &error) == SIGNER_OK)
            count_done(caller, began);
        else
            count_error(caller, &error);
    }
}

static bool submit(struct caller *caller, struct sent *sent)
{
    struct signer_error error;
    sent->at = time_monotonic_ns();
    if (signer_submit(caller->client, &caller->plan->what, &sent->ticket, &error) == SIGNER_OK)
        return true;
    sent->ticket = 0;
    count_error(caller, &error);
    return false;
}

static struct sent *find(struct caller *caller, uint64_t ticket)
{
    for (unsigned i = 0; i < caller->plan->in_flight; i++)
        if (caller->sent[i].ticket == ticket)
            return &caller->sent[i];
    return NULL;
}

/* Collects one answer and frees its place. NULL: waiting failed. */
static struct sent *collect(struct caller *caller)
{
    struct signer_error error;
    uint64_t ticket = 0;
    size_t length = sizeof caller->signature;
    if (signer_wait_any(caller->client, &ticket, &error) != SIGNER_OK) {
        count_error(caller, &error);
        return NULL;
    }
    struct sent *sent = find(caller, ticket);
    if (signer_collect(caller->client, ticket, caller->signature, &length, &error) == SIGNER_OK)
        count_done(caller, sent->at);
    else
        count_error(caller, &error);
    sent->ticket = 0;
    return sent;
}

static void call_pipelined(struct caller *caller)
{
    unsigned under_way = 0;
    struct sent *place;
    while (time_monotonic_ns() < caller->end) {
        while (under_way < caller->plan->in_flight && (place = find(caller, 0)) && submit(caller, place))
            under_way++;
        if (under_way > 0 && collect(caller))
            under_way--;
    }
    while (under_way > 0 && collect(caller))
        under_way--;
}

static void *run_caller(void *argument)
{
    struct caller *caller = argument;
    pthread_barrier_wait(caller->start);
    caller->end = time_monotonic_ns() + (uint64_t)(caller->plan->seconds * 1e9);
    if (caller->plan->in_flight == 1)
        call_one_by_one(caller);
    else
        call_pipelined(caller);
    return NULL;
}

/* -- all callers -- */

static void free_callers(struct caller **callers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        signer_close(callers[i]->client);
        free(callers[i]->sent);
        free(callers[i]);
    }
    free(callers);
}

static void set_memory(struct signer_error *error)
{
    snprintf(error->reason, sizeof error->reason, "OUT_OF_MEMORY");
    snprintf(error->message, sizeof error->message, "this process is out of memory");
}

static struct caller *new_caller(const struct bench_plan *plan, pthread_barrier_t *start, struct signer_error *error)
{
    struct caller *caller = calloc(1, sizeof *caller);
    struct sent *sent = calloc(plan->in_flight, sizeof *sent);
    signer_client *client = NULL;
    set_memory(error);
    if (!caller || !sent || signer_open(&client, &plan->options, error) != SIGNER_OK) {
        free(sent);
        free(caller);
        return NULL;
    }
    caller->plan = plan;
    caller->start = start;
    caller->client = client;
    caller->sent = sent;
    return caller;
}

static void show_progress(const struct bench_plan *plan, struct caller **callers)
{
    uint64_t before = 0;
    for (unsigned s = 1; s < (unsigned)plan->seconds; s++) {
        uint64_t done = 0;
        time_sleep_ms(1000);
        for (unsigned i = 0; i < plan->callers; i++)
            done += atomic_load_explicit(&callers[i]->operations, memory_order_relaxed);
        fprintf(stderr, "\r%u s: %llu operations a second ", s, (unsigned long long)(done - before));
        before = done;
    }
    fputs("\r\033[K", stderr);
}

static void add_up(struct caller **callers, unsigned count, uint64_t began, struct bench_result *result)
{
    static uint64_t counts[BUCKETS];
    memset(counts, 0, sizeof counts);
    *result = (struct bench_result){ .seconds = (double)(time_monotonic_ns() - began) / 1e9 };
    for (unsigned i = 0; i < count; i++) {
        if (result->errors == 0 && callers[i]->errors > 0)
            result->error = callers[i]->error;
        result->operations += atomic_load(&callers[i]->operations);
        result->errors += callers[i]->errors;
        for (size_t b = 0; b < BUCKETS; b++)
            counts[b] += callers[i]->counts[b];
    }
    result->p50_us = percentile(counts, result->operations, 0.50);
    result->p99_us = percentile(counts, result->operations, 0.99);
}

/* Starts a thread for each caller. False: one could not be started, so nothing is measured. */
static bool start_all(struct caller **callers, unsigned count, struct signer_error *error)
{
    for (unsigned i = 0; i < count; i++) {
        int number = pthread_create(&callers[i]->thread, NULL, run_caller, callers[i]);
        if (number == 0)
            continue;
        snprintf(error->reason, sizeof error->reason, "NO_THREAD");
        snprintf(error->message, sizeof error->message, "cannot start caller %u: %s", i + 1, strerror(number));
        return false;
    }
    return true;
}

bool bench_run(const struct bench_plan *plan, struct bench_result *result, struct signer_error *error)
{
    pthread_barrier_t start;
    struct caller **callers = calloc(plan->callers, sizeof *callers);
    if (!callers || pthread_barrier_init(&start, NULL, plan->callers + 1) != 0) {
        set_memory(error);
        free(callers);
        return false;
    }
    for (unsigned i = 0; i < plan->callers; i++) {
        if ((callers[i] = new_caller(plan, &start, error)))
            continue;
        free_callers(callers, i);
        return false;
    }
    if (!start_all(callers, plan->callers, error))
        return false; /* those that run wait at the barrier until the process ends */
    pthread_barrier_wait(&start);
    uint64_t began = time_monotonic_ns();
    if (plan->progress)
        show_progress(plan, callers);
    for (unsigned i = 0; i < plan->callers; i++)
        pthread_join(callers[i]->thread, NULL);
    add_up(callers, plan->callers, began, result);
    free_callers(callers, plan->callers);
    pthread_barrier_destroy(&start);
    return true;
}
