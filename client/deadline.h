/* Points in time on CLOCK_MONOTONIC, in nanoseconds, and conditions that wait until one. */
#ifndef CLIENT_DEADLINE_H
#define CLIENT_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/time.h"

/* The point `ms` milliseconds from this call. */
uint64_t deadline_after_ms(uint32_t ms);

/* Nanoseconds until the deadline; 0 once it has passed. */
uint64_t deadline_left(uint64_t deadline);

/* The same in whole milliseconds, rounded up, at most UINT32_MAX. */
uint32_t deadline_left_ms(uint64_t deadline);

bool deadline_passed(uint64_t deadline);

/* Makes a condition for deadline_sleep. */
void deadline_condition(pthread_cond_t *condition);

/* Waits on such a condition; false at the deadline. */
bool deadline_sleep(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t deadline);

#endif
