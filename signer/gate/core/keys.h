/* What the gate knows of each key: public facts that a vault vouched for, and which vaults hold
 * it. Nothing here is loaded at start; an entry is made by the first request for its id. */
#ifndef SIGNER_KEYS_H
#define SIGNER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/key/key_public.h"
#include "signer/gate/core/job.h"

struct load;

struct key {
    struct key_id id;
    bool known;               /* a vault opened the file that `public` was read from */
    struct key_public public; /* its spki is owned */
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE];
    uint32_t loaded;          /* bit n: vault n holds it, as far as the gate knows */
    bool said_slow;           /* the file, while nobody has opened it, says that it is for the slow vault */
    struct load *loads;       /* under way */
    struct job *settling;     /* waits until there are none */
    struct job *changing;     /* the one generate, destroy or certificate whose turn it is */
    struct job_queue changes; /* those that wait for their turn */
    bool ending;              /* a turn has just ended, the next is being given */
    bool closed;              /* being destroyed: loads wait */
    struct job_queue held;    /* those loads */
    unsigned references;      /* jobs and loads that hold it */
    struct key *next_in_bucket;
    struct key *newer, *older; /* by use */
};

enum { KEYS_BUCKETS = 1 << 16, KEYS_REMEMBERED = 1 << 17 };

struct keys {
    struct key **buckets;
    struct key *newest, *oldest;
    size_t count;
    bool dropped_some; /* so a vault may hold a key that has no entry here */
};

/* False for want of memory. */
bool keys_open(struct keys *keys) __attribute__((warn_unused_result));

/* The entry of an id, held; an empty one is made where there is none. NULL for want of memory. */
struct key *keys_hold(struct keys *keys, const struct key_id *id);
/* The entry may be gone after it. */
void keys_release(struct keys *keys, struct key *key);

/* The entry of an id, not held; NULL where there is none. */
struct key *keys_find(struct keys *keys, const struct key_id *id);

/* Takes over what a vault vouched for. A fingerprint other than the known one means another
 * file: what vaults hold is then of the old one. False for want of memory. */
bool keys_learn(struct key *key, const struct key_public *public,
                const uint8_t fingerprint[static KEY_FINGERPRINT_SIZE]) __attribute__((warn_unused_result));

/* Forgets all but the id and who waits. */
void keys_unlearn(struct key *key);
void keys_unlearn_all(struct keys *keys);

#endif
