/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one line on standard error for each event, without secrets. Writing it never waits: a line that cannot be
 * written at once is dropped and counted, because a log that nobody reads must not stop a signer. */
#ifndef SIGNER_PROCESS_LOG_H
#define SIGNER_PROCESS_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>

/* How standard error is written to without waiting; log_open.h finds out. */
enum log_sink {
    LOG_PLAIN,  /* a file, or a pipe that was opened not to wait: write */
    LOG_POLLED, /* a pipe or a terminal of somebody else's: asked first whether it has room */
    LOG_SOCKET, /* the journal's: send, told not to wait */
};

/* For this process and those that it forks. `with_priorities`: each line begins with <3>, <4> or <6>, which the journal
 * takes off (sd-daemon(3)). */
void log_use(enum log_sink sink, bool with_priorities);

/* Write "signer: <text>" with one write, at most 1024 bytes. Bytes outside printable ASCII become '?'. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));    /* what happened */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2))); /* what somebody should look at */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));   /* what somebody has to mend */

/* An error, then _exit(1). */
noreturn void log_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many lines this process has dropped. */
uint64_t log_dropped(void);

/* Says how many lines are missing, if some are that were not said, and if it can be written by now. Each line that is
 * written does so first. */
void log_catch_up(void);

#endif
