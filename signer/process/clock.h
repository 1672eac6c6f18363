/* Points in time of one process, in nanoseconds on CLOCK_MONOTONIC. */
#ifndef SIGNER_CLOCK_H
#define SIGNER_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
