/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/status.h"

const char *status_name(int status)
{
    static const char *const names[STATUS_COUNT] = {
        [STATUS_OK] = "OK",
        [STATUS_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [STATUS_NOT_FOUND] = "NOT_FOUND",
        [STATUS_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [STATUS_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [STATUS_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [STATUS_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [STATUS_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [STATUS_UNAVAILABLE] = "UNAVAILABLE",
        [STATUS_INTERNAL] = "INTERNAL",
    };
    return status >= 0 && status < STATUS_COUNT ? names[status] : "UNKNOWN";
}
