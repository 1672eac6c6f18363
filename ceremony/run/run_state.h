/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/records/ceremony-state.txt: the state of a guided ceremony, PENDING → VERIFIED → COMMITTED, or VOID. Public, and
 * needed only to resume the ceremony. */
#ifndef CEREMONY_RUN_RUN_STATE_H
#define CEREMONY_RUN_RUN_STATE_H

#include "keystore/files/directory.h"
#include "keystore/format/sha256.h"

enum run_step { RUN_NONE, RUN_PENDING, RUN_VERIFIED, RUN_COMMITTED, RUN_VOID };

struct run_state {
    enum run_step step;
    char plan[SHA256_TEXT]; /* hash of the plan's file, in hex */
    bool delivered;         /* the custodians have their cards */
    uint16_t set;           /* id of the delivered share set */
};

/* The step is RUN_NONE where no ceremony made the keystore. FAULT_RECORD_CORRUPT. */
enum fault run_state_read(const struct directory *directory, struct run_state *out) __attribute__((warn_unused_result));
enum fault run_state_write(const struct directory *directory, const struct run_state *state)
    __attribute__((warn_unused_result));

const char *run_state_step_name(enum run_step step);

#endif
