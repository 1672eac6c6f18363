/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one line on standard error for each event, without secrets. */
#ifndef SIGNER_PROCESS_LOG_H
#define SIGNER_PROCESS_LOG_H

#include <stdnoreturn.h>

/* Writes "signer: <text>" with one write(), at most 1024 bytes. Bytes outside printable ASCII become '?'. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, then _exit(1). */
noreturn void log_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
