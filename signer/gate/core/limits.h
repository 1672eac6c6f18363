/* SPDX-License-Identifier: Apache-2.0 */
/* The limits that can be changed with --limit NAME=N. The fixed ones of the protocol are in proto/limits.h. */
#ifndef SIGNER_GATE_CORE_LIMITS_H
#define SIGNER_GATE_CORE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct limits {
    uint32_t connections, connections_per_uid;
    uint32_t in_flight_per_uid;
    uint32_t rate;    /* requests a second of one uid, by a token bucket; 0: no limit */
    uint32_t frame_s; /* timeout from connecting, or from a frame's first byte, to its last */
    uint32_t idle_s;  /* timeout with no request and no answer under way */
    uint32_t stall_s; /* timeout while the client reads none of its answers */
};

struct limits limits_default(void);

/* Parses "NAME=N". False, and *limits unchanged: no such limit, or N is out of range. */
bool limits_set(struct limits *limits, const char *argument) __attribute__((warn_unused_result));

/* Lowers the limits of connections to what `descriptors`, the limit of open files, allows. */
void limits_fit(struct limits *limits, uint64_t descriptors);

/* Prints one line for each limit, with its default, for --limit help. */
void limits_print(FILE *out);

#endif
