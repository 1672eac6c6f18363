/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the keystore, as far as requests have met it: keys, certificates and a store that fail not for
 * what a client asked, but for what is on disk. It is logged once for each key and cause, counted by cause for Stats,
 * and a problem in Health until it is mended, so that it is not told to the one client alone that asked. */
#ifndef SIGNER_GATE_CORE_DAMAGE_H
#define SIGNER_GATE_CORE_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keystore/fault.h"
#include "keystore/key/key_id.h"

enum {
    DAMAGE_KINDS = 21,
    DAMAGE_REMEMBERED = 256, /* keys with a cause each; a further one takes the place of the oldest */
};

struct damage {
    uint64_t counts[DAMAGE_KINDS]; /* since the start, by kind */
    size_t count, next;
    struct damage_entry {
        struct key_id id; /* "" for the store as a whole */
        enum fault fault;
        uint64_t times;
    } entries[DAMAGE_REMEMBERED];
};

/* Notes that a request of `uid` met a fault with this key. Does nothing if the fault is the client's own: a wrong id, a
 * policy, a key that is not there. `sentence` is what the client is told. */
void damage_note(struct damage *damage, const struct key_id *id, enum fault fault, uid_t uid, const char *sentence);

/* A vault has opened this key: what was wrong with its sealed file is no longer so. */
void damage_clear_key(struct damage *damage, const struct key_id *id);

/* This key was given out with its certificate, or is gone: nothing is wrong with either any more. */
void damage_clear(struct damage *damage, const struct key_id *id);

/* Something was written: the store as a whole works. */
void damage_clear_store(struct damage *damage);

/* What was last found wrong with this key; FAULT_NONE: nothing that is not mended. */
enum fault damage_of(const struct damage *damage, const struct key_id *id);

/* Whether it is now a problem that a key or the store has this fault. */
bool damage_has(const struct damage *damage, enum fault fault);

/* The kinds of damage, for Stats and Health: the fault of kind 0 … DAMAGE_KINDS - 1, and the name of its counter. */
enum fault damage_fault(size_t kind);
const char *damage_counter(size_t kind);

#endif
