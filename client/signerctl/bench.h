/* The load of `signerctl bench`: callers that keep requests under way, and what they measured. */
#ifndef CLIENT_SIGNERCTL_BENCH_H
#define CLIENT_SIGNERCTL_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/signer.h"

enum { BENCH_CALLERS_MAX = 1024, BENCH_IN_FLIGHT_MAX = 4096 };

struct bench_plan {
    struct signer_options options;
    struct signer_sign what;
    unsigned callers, in_flight;
    double seconds;
    bool progress; /* tell standard error about it, once a second */
};

struct bench_result {
    uint64_t operations, errors;
    double seconds;            /* as long as it really took */
    double p50_us, p99_us;     /* within one part in 32 */
    struct signer_error error; /* the first one, where there were any */
};

/* Runs the plan. False: a client or a thread could not be made, and error says why. */
bool bench_run(const struct bench_plan *plan, struct bench_result *result, struct signer_error *error)
    __attribute__((warn_unused_result));

#endif
