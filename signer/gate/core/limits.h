/* The bounds that an operator may move, with --limit NAME=N. Those of the protocol are in
 * proto/limits.h. */
#ifndef SIGNER_LIMITS_H
#define SIGNER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct limits {
    uint32_t connections, connections_per_uid;
    uint32_t in_flight_per_uid;
    uint32_t rate;    /* requests a second of one uid; 0: no bound */
    uint32_t frame_s; /* from connecting, or from a frame's first byte, to its last */
    uint32_t idle_s;  /* nothing asked and nothing to answer */
    uint32_t stall_s; /* the client reads nothing of what waits for it */
};

struct limits limits_default(void);

/* Takes "NAME=N". False, and *limits unchanged, where there is no such limit or N is out of range. */
bool limits_set(struct limits *limits, const char *argument) __attribute__((warn_unused_result));

/* Fits the connections to how many descriptors the process may have. */
void limits_fit(struct limits *limits, uint64_t descriptors);

/* One line for each limit, for --help. */
void limits_print(FILE *out);

#endif
