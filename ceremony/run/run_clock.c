/* SPDX-License-Identifier: Apache-2.0 */
/* What the keystore's own dates say about this machine's clock, before two people confirm it. */
#include <stdio.h>

#include "ceremony/run/run.h"
#include "ceremony/session/clock.h"

static void warn(const char *subject, const char *sentence, void *context)
{
    (void)context;
    fprintf(stderr, "warning: %s: %s\n", subject, sentence);
}

void run_clock_warn(const struct run *run)
{
    struct directory directory;
    if (directory_open(run->keystore, &directory) != FAULT_NONE)
        return; /* there is none yet, or opening it will say what is wrong */
    clock_check(&directory, warn, NULL);
    directory_close(&directory);
}
