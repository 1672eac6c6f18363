/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <string.h>

uint64_t time_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t time_monotonic_ms(void)
{
    return time_monotonic_ns() / TIME_NS_PER_MS;
}

uint64_t time_now(void)
{
    return (uint64_t)time(NULL);
}

struct timespec time_to_timespec(uint64_t nanoseconds)
{
    return (struct timespec){ (time_t)(nanoseconds / TIME_NS_PER_S), (long)(nanoseconds % TIME_NS_PER_S) };
}

void time_sleep_ms(unsigned ms)
{
    const struct timespec span = time_to_timespec(ms * TIME_NS_PER_MS);
    (void)nanosleep(&span, NULL);
}

static bool split(uint64_t seconds, struct tm *parts)
{
    time_t when = (time_t)seconds;
    return seconds != 0 && seconds <= INT64_MAX && gmtime_r(&when, parts);
}

void time_text(uint64_t seconds, char out[static TIME_TEXT])
{
    struct tm parts;
    if (!split(seconds, &parts) || strftime(out, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        memcpy(out, "-", 2);
}

void time_stamp(uint64_t seconds, char out[static TIME_STAMP])
{
    struct tm parts;
    if (!split(seconds, &parts) || strftime(out, TIME_STAMP, "%Y%m%dT%H%M%SZ", &parts) == 0)
        memcpy(out, "-", 2);
}

bool time_parse(const char *text, uint64_t *out)
{
    char again[TIME_TEXT];
    struct tm parts = { 0 };
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    *out = 0;
    if (strcmp(text, "-") == 0)
        return true;
    time_t when = end && *end == '\0' ? timegm(&parts) : -1;
    if (when <= 0)
        return false;
    *out = (uint64_t)when;
    time_text(*out, again);
    return strcmp(text, again) == 0;
}
