/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator of `signerctl bench`: callers that keep requests in flight, and their measurements. */
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
    bool progress; /* print the rate on standard error once a second */
};

struct bench_result {
    uint64_t operations, errors;
    double seconds;            /* the actual duration */
    double p50_us, p99_us;     /* median and 99th percentile, accurate to 1/32 */
    struct signer_error error; /* the first error, if errors > 0 */
};

/* Runs the plan. False: a client or a thread could not be made; *error has the cause. */
bool bench_run(const struct bench_plan *plan, struct bench_result *result, struct signer_error *error)
    __attribute__((warn_unused_result));

#endif
