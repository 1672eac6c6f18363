/* SPDX-License-Identifier: Apache-2.0 */
#include "client/deadline.h"

#include <errno.h>

#include "base/time.h"

uint64_t deadline_after_ms(uint32_t ms)
{
    return time_monotonic_ns() + ms * TIME_NS_PER_MS;
}

uint64_t deadline_left(uint64_t deadline)
{
    uint64_t at = time_monotonic_ns();
    return at < deadline ? deadline - at : 0;
}

uint32_t deadline_left_ms(uint64_t deadline)
{
    uint64_t ms = (deadline_left(deadline) + TIME_NS_PER_MS - 1) / TIME_NS_PER_MS;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

bool deadline_passed(uint64_t deadline)
{
    return deadline_left(deadline) == 0;
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
    struct timespec at = time_to_timespec(deadline);
    return pthread_cond_timedwait(condition, lock, &at) != ETIMEDOUT;
}
