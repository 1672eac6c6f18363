/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines, points in time on CLOCK_MONOTONIC in nanoseconds, and condition variables that wait until one. */
#ifndef CLIENT_DEADLINE_H
#define CLIENT_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/time.h"

/* The deadline `ms` milliseconds from now. */
uint64_t deadline_after_ms(uint32_t ms);

/* Nanoseconds until the deadline; 0 once it has passed. */
uint64_t deadline_left(uint64_t deadline);

/* The same in whole milliseconds, rounded up, at most UINT32_MAX. */
uint32_t deadline_left_ms(uint64_t deadline);

bool deadline_passed(uint64_t deadline);

/* Initializes a condition variable for deadline_sleep (its clock is CLOCK_MONOTONIC). */
void deadline_condition(pthread_cond_t *condition);

/* Waits on such a condition variable. False: the deadline has passed. */
bool deadline_sleep(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t deadline);

#endif
