/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/limits.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"

enum { OWN_DESCRIPTORS = 64 }; /* kept for the workers, the listener, the log */

static const struct row {
    const char *name, *summary;
    size_t offset;
    uint32_t usual, least, most;
} table[] = {
    { "connections", "of all clients together", offsetof(struct limits, connections), CONNECTIONS_MAX, 1, 1000000 },
    { "connections-per-uid", "of one uid", offsetof(struct limits, connections_per_uid), CONNECTIONS_PER_UID, 1,
      1000000 },
    { "in-flight-per-uid", "requests of one uid in flight", offsetof(struct limits, in_flight_per_uid),
      IN_FLIGHT_PER_UID, 1, IN_FLIGHT_TOTAL },
    { "rate", "requests a second of one uid; 0: no limit", offsetof(struct limits, rate), 0, 0, 1000000 },
    { "frame-seconds", "for a request to arrive whole", offsetof(struct limits, frame_s), FRAME_S, 1, 3600 },
    { "idle-seconds", "without a request", offsetof(struct limits, idle_s), IDLE_S, 1, 30 * 86400 },
    { "stall-seconds", "of a client that does not read", offsetof(struct limits, stall_s), STALL_S, 1, 3600 },
};

enum { ROWS = sizeof table / sizeof *table };

static uint32_t *value_of(struct limits *limits, const struct row *row)
{
    return (uint32_t *)(void *)((char *)limits + row->offset);
}

struct limits limits_default(void)
{
    struct limits limits;
    for (const struct row *row = table; row < table + ROWS; row++)
        *value_of(&limits, row) = row->usual;
    return limits;
}

static const struct row *row_of(const char *argument, size_t length)
{
    for (const struct row *row = table; row < table + ROWS; row++)
        if (strlen(row->name) == length && strncmp(row->name, argument, length) == 0)
            return row;
    return NULL;
}

bool limits_set(struct limits *limits, const char *argument)
{
    size_t length = strcspn(argument, "=");
    const struct row *row = row_of(argument, length);
    const char *digits = argument + length + 1;
    char *end;
    if (!row || argument[length] == '\0' || *digits < '0' || *digits > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(digits, &end, 10);
    if (errno != 0 || *end != '\0' || value < row->least || value > row->most)
        return false;
    *value_of(limits, row) = (uint32_t)value;
    return true;
}

void limits_fit(struct limits *limits, uint64_t descriptors)
{
    uint64_t possible = descriptors > 2 * OWN_DESCRIPTORS ? descriptors - OWN_DESCRIPTORS : OWN_DESCRIPTORS;
    if (limits->connections > possible)
        limits->connections = (uint32_t)possible;
    if (limits->connections_per_uid > limits->connections / 4 * 3)
        limits->connections_per_uid = limits->connections > 4 ? limits->connections / 4 * 3 : 1;
}

void limits_print(FILE *out)
{
    for (const struct row *row = table; row < table + ROWS; row++)
        fprintf(out, "  %-20s %s (%u)\n", row->name, row->summary, row->usual);
}
