/* SPDX-License-Identifier: Apache-2.0 */
/* Reports errors to the application's OpenSSL error queue.
 *
 * A reason is a name of the table in report.c; the sentence is what failed and what to do. The openssl command prints
 * both as `error:NUMBER:signer:FUNCTION:REASON:FILE:LINE:SENTENCE`. */
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

/* Finds OpenSSL's error functions among `upcalls`. If they are missing, reports are dropped. */
void report_init(struct report *report, const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *upcalls);

#define REPORT(report, reason, ...) report_raise(report, __FILE__, __LINE__, __func__, reason, __VA_ARGS__)
#define REPORT_SIGNER(report, error) report_signer(report, __FILE__, __LINE__, __func__, error)

/* Used by REPORT: raises an error with `reason`, which must be in the table. */
void report_raise(const struct report *report, const char *file, int line, const char *function, const char *reason,
                  const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Used by REPORT_SIGNER: raises an error of libsigner. A reason that is not in the table becomes SIGNER_ERROR, with its
 * name before the sentence. */
void report_signer(const struct report *report, const char *file, int line, const char *function,
                   const struct signer_error *error);

/* The table of reasons, for OSSL_FUNC_PROVIDER_GET_REASON_STRINGS. */
const OSSL_ITEM *report_reasons(void);

#endif
