/* SPDX-License-Identifier: Apache-2.0 */
/* The log of those who were refused for who they are or what they asked: uids that are not let in, roles and policies
 * that forbid. At most a line a second, with what was refused, to whom and why, so that strangers cannot fill the log;
 * each line says how many were refused before it without one. */
#ifndef SIGNER_GATE_CORE_REFUSALS_H
#define SIGNER_GATE_CORE_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct refusals {
    uint64_t total, said;
    uint64_t line_ns; /* when the last line was written */
};

/* `reason` is as it is sent to the client; `what` is the sentence that goes with it, or the name of an operation. */
void refusals_note(struct refusals *refusals, uint64_t now_ns, uid_t uid, const char *reason, const char *what);

#endif
