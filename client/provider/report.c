/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/report.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* OpenSSL's error codes contain the number of a reason, so each reason has its own number. */
enum { OTHER = 1, FIRST };

/* clang-format off */
#define REASONS(X)                                                                             \
    /* the provider's own */                                                                   \
    X(URI_INVALID) X(KEY_STAYS_IN_SIGNER) X(KEY_TYPE_UNSUPPORTED) X(HASH_NOT_ALLOWED)          \
    X(DIGEST_LENGTH) X(DIGEST_MISSING) X(PADDING_NOT_ALLOWED) X(SALT_LENGTH)                   \
    X(PARAMETER_UNSUPPORTED)                                                                   \
    /* libsigner's */                                                                          \
    X(CONNECTION_REFUSED) X(CONNECTION_LOST) X(TIMEOUT) X(PROTOCOL) X(TOO_MANY)                \
    X(OUT_OF_MEMORY) X(BUFFER_TOO_SMALL) X(TICKET_UNKNOWN) X(ARGUMENT)                         \
    /* the signer's */                                                                         \
    X(KEY_UNKNOWN) X(KEY_LOST) X(KEY_CORRUPT) X(KEY_NEWER) X(KEY_FOREIGN) X(KEY_MISNAMED)      \
    X(KEY_TAMPERED) X(KEY_ID_INVALID) X(KEK_MISMATCH) X(SEALED) X(DRAINING) X(OVERLOADED)      \
    X(POLICY_HASH) X(POLICY_SCHEME) X(ROLE_MISSING) X(UID_NOT_ALLOWED)                         \
    X(ALGORITHM_UNSUPPORTED) X(REQUEST_TOO_LARGE) X(INPUT_DIGEST) X(INPUT_MESSAGE)             \
    X(UNKNOWN_FIELD) X(DEADLINE) X(STORE_BUSY) X(STORE_IO) X(INTERNAL)            \
    /* of any of them, later: the numbers above do not change */                               \
    X(KEY_CHANGED) X(SERVER_UNEXPECTED) X(SETTING_INVALID) X(STORE_STALE)           \
    X(REFERENCE_INVALID) X(CERTIFICATE_MISSING)
/* clang-format on */

#define NUMBER(name) REASON_##name,
enum { REASON_BEFORE_FIRST = FIRST - 1, REASONS(NUMBER) };

#define ITEM(name) { REASON_##name, #name },
static const OSSL_ITEM reasons[] = { { OTHER, "SIGNER_ERROR" }, REASONS(ITEM){ 0, NULL } };

static uint32_t number_of(const char *name)
{
    for (const OSSL_ITEM *item = reasons; item->ptr != NULL; item++)
        if (strcmp(item->ptr, name) == 0)
            return item->id;
    return OTHER;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void report_init(struct report *report, const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *upcalls)
{
    *report = (struct report){ .core = core };
    for (; upcalls->function_id != 0; upcalls++) {
        if (upcalls->function_id == OSSL_FUNC_CORE_NEW_ERROR)
            report->new_error = OSSL_FUNC_core_new_error(upcalls);
        else if (upcalls->function_id == OSSL_FUNC_CORE_SET_ERROR_DEBUG)
            report->set_debug = OSSL_FUNC_core_set_error_debug(upcalls);
        else if (upcalls->function_id == OSSL_FUNC_CORE_VSET_ERROR)
            report->vset_error = OSSL_FUNC_core_vset_error(upcalls);
    }
}

void report_raise(const struct report *report, const char *file, int line, const char *function, const char *reason,
                  const char *format, ...)
{
    if (report->new_error == NULL || report->set_debug == NULL || report->vset_error == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    report->new_error(report->core);
    report->set_debug(report->core, base_name(file), line, function);
    report->vset_error(report->core, number_of(reason), format, arguments);
    va_end(arguments);
}

void report_signer(const struct report *report, const char *file, int line, const char *function,
                   const struct signer_error *error)
{
    if (number_of(error->reason) != OTHER)
        report_raise(report, file, line, function, error->reason, "%s", error->message);
    else
        report_raise(report, file, line, function, "SIGNER_ERROR", "%s: %s", error->reason, error->message);
}

const OSSL_ITEM *report_reasons(void)
{
    return reasons;
}
