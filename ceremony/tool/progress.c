/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

enum { QUIET_MS = 1000, EVERY_MS = 250 };

void progress_begin(struct progress *progress, const char *what, size_t total)
{
    *progress = (struct progress){ .what = what, .total = total, .began_ms = time_monotonic_ms() };
}

void progress_step(struct progress *progress, size_t done)
{
    uint64_t now = time_monotonic_ms();
    if (now - progress->began_ms < QUIET_MS || now - progress->printed_ms < EVERY_MS || !isatty(STDERR_FILENO))
        return;
    progress->printed_ms = now;
    fprintf(stderr, "\r\033[K%s: %zu of %zu", progress->what, done, progress->total);
}

void progress_end(struct progress *progress)
{
    if (progress->printed_ms > 0)
        fputs("\r\033[K", stderr);
}
