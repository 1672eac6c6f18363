/* SPDX-License-Identifier: Apache-2.0 */
/* A progress line on standard error, if that is a terminal, for work that takes longer than a second. */
#ifndef CEREMONY_TOOL_PROGRESS_H
#define CEREMONY_TOOL_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* borrowed */
    size_t total;
    uint64_t began_ms, printed_ms;
};

void progress_begin(struct progress *progress, const char *what, size_t total);
void progress_step(struct progress *progress, size_t done);
void progress_end(struct progress *progress);

#endif
