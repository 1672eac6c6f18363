/* Errors on their way to the application's OpenSSL error queue.
 *
 * A reason is one name of the table in report.c; the sentence says what failed and what to do.
 * Both come out of `openssl` as `error:NUMBER:signer:FUNCTION:REASON:FILE:LINE:SENTENCE`. */
#ifndef CLIENT_PROVIDER_REPORT_H
#define CLIENT_PROVIDER_REPORT_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

#include "client/signer.h"

struct report {
    const OSSL_CORE_HANDLE *core;
    OSSL_FUNC_core_new_error_fn *new_error;
    OSSL_FUNC_core_set_error_debug_fn *set_debug;
    OSSL_FUNC_core_vset_error_fn *vset_error;
};

/* Takes the core's error functions from `upcalls`; without them reports go nowhere. */
void report_init(struct report *report, const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *upcalls);

#define REPORT(report, reason, ...) report_raise(report, __FILE__, __LINE__, __func__, reason, __VA_ARGS__)
#define REPORT_SIGNER(report, error) report_signer(report, __FILE__, __LINE__, __func__, error)

/* Behind REPORT: raises `reason`, which must be of the table. */
void report_raise(const struct report *report, const char *file, int line, const char *function, const char *reason,
                  const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Behind REPORT_SIGNER: raises what libsigner said. A reason that the table does not have is
 * SIGNER_ERROR, with its name before the sentence. */
void report_signer(const struct report *report, const char *file, int line, const char *function,
                   const struct signer_error *error);

/* The table, for the core. */
const OSSL_ITEM *report_reasons(void);

#endif
