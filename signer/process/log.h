/* What happened, a line each on standard error. Never a secret; never more than a line. */
#ifndef SIGNER_LOG_H
#define SIGNER_LOG_H

#include <stdnoreturn.h>

/* Writes "signer: <text>". Bytes outside printable ASCII become '?'. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and ends the process with exit code 1. */
noreturn void log_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
