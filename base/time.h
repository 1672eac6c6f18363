/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks, and the text form of a time. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    TIME_TEXT = 21,  /* "2026-07-01T10:00:00Z" and its terminator */
    TIME_STAMP = 17, /* "20260701T100000Z" and its terminator */
};

#define TIME_NS_PER_MS UINT64_C(1000000)
#define TIME_NS_PER_S UINT64_C(1000000000)

/* CLOCK_MONOTONIC in nanoseconds or milliseconds: comparable only on one host and until it reboots. */
uint64_t time_monotonic_ns(void);
uint64_t time_monotonic_ms(void);

/* Seconds since 1970-01-01 UTC. */
uint64_t time_now(void);

/* Converts a point or a span in nanoseconds for system calls. */
struct timespec time_to_timespec(uint64_t nanoseconds);

/* Sleeps for `ms` milliseconds; a signal may end the sleep early. */
void time_sleep_ms(unsigned ms);

/* RFC 3339 in UTC, the form of every file format and message; "-" for 0, which stands for never. */
void time_text(uint64_t seconds, char out[static TIME_TEXT]);
/* The same without punctuation, for file names. */
void time_stamp(uint64_t seconds, char out[static TIME_STAMP]);

/* Parses what time_text writes; false for anything else. */
bool time_parse(const char *text, uint64_t *out) __attribute__((warn_unused_result));

#endif
