/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/report.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "client/pkcs11/syslog_line.h"

enum { LINE = 700 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t window_began_ms;
static unsigned sent;
static char last[LINE];

/* Whether a line may be sent; *is_last: it is the last one of this window. */
static bool admit(const char *line, bool *is_last)
{
    uint64_t now = time_monotonic_ms();
    if (sent == 0 || now - window_began_ms >= REPORT_WINDOW_MS) {
        window_began_ms = now;
        sent = 0;
        last[0] = '\0';
    }
    if (sent >= REPORT_LINES_MAX || strcmp(line, last) == 0)
        return false;
    *is_last = ++sent == REPORT_LINES_MAX;
    memcpy(last, line, LINE);
    return true;
}

void report_line(const char *format, ...)
{
    char line[LINE] = "";
    bool is_last = false;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&lock);
    bool admitted = admit(line, &is_last);
    pthread_mutex_unlock(&lock);
    if (admitted)
        syslog_line_send(SYSLOG_LINE_SOCKET, "signer-pkcs11: %s%s", line,
                         is_last ? " (more lines of this minute are left out)" : "");
}

void report_after_fork(void)
{
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static bool is_reason(const struct signer_error *error, const char *reason)
{
    return strcmp(error->reason, reason) == 0;
}

/* Whoever is refused by the policy of the key, or by the grants of the signer, cannot mend it by logging in. */
static CK_RV refused(const struct signer_error *error)
{
    bool policy = is_reason(error, "POLICY_SCHEME") || is_reason(error, "POLICY_HASH");
    return policy ? CKR_KEY_FUNCTION_NOT_PERMITTED : CKR_FUNCTION_REJECTED;
}

/* A signer that is away or sealed comes back, and the sessions of programs outlive that: no code that makes a program
 * give them up, such as CKR_DEVICE_REMOVED. */
static CK_RV code_of(const struct signer_error *error, enum signer_status status)
{
    switch (status) {
    case SIGNER_OK: return CKR_OK;
    case SIGNER_PERMISSION_DENIED: return refused(error);
    case SIGNER_NOT_FOUND: return CKR_KEY_HANDLE_INVALID;
    case SIGNER_RESOURCE_EXHAUSTED: return is_reason(error, "OUT_OF_MEMORY") ? CKR_HOST_MEMORY : CKR_DEVICE_MEMORY;
    case SIGNER_INVALID_ARGUMENT: return is_reason(error, "DIGEST_LENGTH") ? CKR_DATA_LEN_RANGE : CKR_FUNCTION_FAILED;
    case SIGNER_FAILED_PRECONDITION: return is_reason(error, "KEY_CHANGED") ? CKR_KEY_HANDLE_INVALID : CKR_DEVICE_ERROR;
    default: return CKR_DEVICE_ERROR;
    }
}

CK_RV report_status(const struct signer_error *error, enum signer_status status)
{
    if (status != SIGNER_OK)
        report_line("%s: %s", error->reason, error->message);
    return code_of(error, status);
}
