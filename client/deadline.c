#include "client/deadline.h"

#include <errno.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

uint64_t deadline_now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * NS_PER_S + (uint64_t)at.tv_nsec;
}

uint64_t deadline_after_ms(uint32_t ms)
{
    return deadline_now() + ms * NS_PER_MS;
}

uint64_t deadline_left(uint64_t deadline)
{
    uint64_t at = deadline_now();
    return at < deadline ? deadline - at : 0;
}

uint32_t deadline_left_ms(uint64_t deadline)
{
    uint64_t ms = (deadline_left(deadline) + NS_PER_MS - 1) / NS_PER_MS;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

bool deadline_passed(uint64_t deadline)
{
    return deadline_left(deadline) == 0;
}

struct timespec deadline_timespec(uint64_t nanoseconds)
{
    return (struct timespec){ .tv_sec = (time_t)(nanoseconds / NS_PER_S), .tv_nsec = (long)(nanoseconds % NS_PER_S) };
}

void deadline_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool deadline_sleep(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t deadline)
{
    struct timespec at = deadline_timespec(deadline);
    return pthread_cond_timedwait(condition, lock, &at) != ETIMEDOUT;
}
