/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate knows of each key: public facts that a vault has verified, and which vaults hold it. An LRU cache that
 * starts empty; the first request for an id makes its entry. */
#ifndef SIGNER_GATE_CORE_KEYS_H
#define SIGNER_GATE_CORE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/format/sha256.h"
#include "keystore/key/key_public.h"
#include "signer/gate/core/job.h"

struct load;

struct key {
    struct key_id id;
    bool known;               /* a vault has opened the file that `public` was read from */
    struct key_public public; /* its spki is owned */
    uint8_t spki_sha256[SHA256_SIZE];
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE];
    unsigned forgets;   /* how often another replica's change made this one forget it */
    uint32_t loaded;    /* bit n: vault n holds it, as far as the gate knows */
    bool has_inspected; /* the inspector found the chain with this SHA-256 to be of `public`'s key */
    uint8_t inspected[SHA256_SIZE];
    bool said_slow;           /* not verified: the unopened file claims an algorithm for the slow vault */
    struct load *loads;       /* under way */
    struct job *settling;     /* waits until no load is under way */
    struct job *changing;     /* the one generate, destroy or certificate whose turn it is */
    struct job_queue changes; /* those that wait for their turn */
    bool ending;              /* change_end is passing the turn on */
    bool closed;              /* being destroyed: jobs that need a load wait in `held` */
    struct job_queue held;
    unsigned references; /* of jobs and loads */
    struct key *next_in_bucket;
    struct key *newer, *older; /* by last use */
};

enum { KEYS_BUCKETS = 1 << 16, KEYS_REMEMBERED = 1 << 17 };

struct keys {
    struct key **buckets;
    struct key *newest, *oldest;
    size_t count;
    bool dropped_some; /* entries were dropped, so a vault may hold a key that has none here */
};

/* False: out of memory. */
bool keys_open(struct keys *keys) __attribute__((warn_unused_result));

/* The entry of an id, with a reference for keys_release; an empty entry is made if there is none. NULL: out of
 * memory. */
struct key *keys_hold(struct keys *keys, const struct key_id *id);
/* Drops a reference; do not use the entry afterwards, it may be freed. */
void keys_release(struct keys *keys, struct key *key);

/* The entry of an id, without a reference; NULL if there is none. */
struct key *keys_find(struct keys *keys, const struct key_id *id);

/* Copies what a vault has verified. Another fingerprint than the known one means another file, so no vault is
 * recorded as holding it. False: out of memory. */
bool keys_learn(struct key *key, const struct key_public *public,
                const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]) __attribute__((warn_unused_result));

/* Forgets all facts, but keeps the id and the waiting jobs. */
void keys_unlearn(struct key *key);
void keys_unlearn_all(struct keys *keys);

#endif
