/* SPDX-License-Identifier: Apache-2.0 */
/* Who else serves a keystore: locks on bytes of DIR/lock beside the one for changes (directory_lock: byte 0). A signer
 * holds byte 1 as long as a process of it lives that can give out a signature: with a write lock while it is the only
 * one, with a read lock beside others. Who is not let in yet holds a read lock on byte 2: it knocks. FORMAT.md has it.
 *
 * The locks belong to the open file description, so a process that is forked shares them, and they last until the last
 * such process is gone. Neither clocks nor anything written is relied on. */
#ifndef KEYSTORE_FILES_PRESENCE_H
#define KEYSTORE_FILES_PRESENCE_H

#include <stdbool.h>

#include "keystore/files/directory.h"

struct presence {
    int fd; /* an open file description of its own of DIR/lock, -1 when closed */
    bool alone;
};

/* Opens DIR/lock and locks nothing. Where it can only be read, this process is never alone. FAULT_STORE_IO. */
enum fault presence_open(const struct directory *directory, struct presence *out) __attribute__((warn_unused_result));
void presence_close(struct presence *presence);

/* Takes byte 1, alone if there is no other, else beside them as soon as they allow it. No key may be read before.
 * FAULT_STORE_BUSY if they do not within the time; FAULT_STORE_IO. */
enum fault presence_enter(struct presence *presence, unsigned milliseconds) __attribute__((warn_unused_result));

/* Whether another knocks; also true if that cannot be determined. */
bool presence_is_knocked(const struct presence *presence);

/* Lets others in: the caller must act already as if they were there. */
void presence_share(struct presence *presence);

/* Tries to be alone again. */
void presence_claim(struct presence *presence);

#endif
