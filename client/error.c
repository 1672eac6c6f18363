/* SPDX-License-Identifier: Apache-2.0 */
#include "client/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/status.h"

/* The length of a UTF-8 character by its first byte. */
static size_t character_length(unsigned char first)
{
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/* Replaces control characters by spaces, and removes a UTF-8 character that was truncated at the end of the buffer. */
static void tidy(char *text, size_t capacity)
{
    size_t length = strlen(text), tail = 1;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = ' ';
    if (length + 1 < capacity)
        return;
    while (tail < length && ((unsigned char)text[length - tail] & 0xc0) == 0x80)
        tail++;
    if (tail < character_length((unsigned char)text[length - tail]))
        text[length - tail] = '\0';
}

static void set_reason(struct signer_error *error, const char *reason)
{
    snprintf(error->reason, sizeof error->reason, "%s", reason);
    tidy(error->reason, sizeof error->reason);
}

enum signer_status error_set(struct signer_error *error, enum signer_status status, const char *reason,
                             const char *format, ...)
{
    if (!error)
        return status;
    *error = (struct signer_error){ .status = status };
    set_reason(error, reason);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    tidy(error->message, sizeof error->message);
    return status;
}

enum signer_status error_memory(struct signer_error *error)
{
    return error_set(error, SIGNER_RESOURCE_EXHAUSTED, ERROR_MEMORY, "this process is out of memory");
}

enum signer_status error_from_response(struct signer_error *error, const struct response *response)
{
    enum signer_status status = SIGNER_INTERNAL;
    if (response->status >= 0 && response->status < STATUS_COUNT)
        status = (enum signer_status)response->status;
    if (strcmp(response->reason, REASON_UNKNOWN_FIELD) == 0)
        error_set(error, status, response->reason, "%s: the signer is older than this client, update the signer",
                  response->message);
    else
        error_set(error, status, response->reason, "%s", response->message);
    if (error)
        error->retry_after_ms = response->retry_after_ms;
    return status;
}

enum signer_status error_copy(struct signer_error *error, const struct signer_error *from)
{
    if (error)
        *error = *from;
    return from->status;
}
