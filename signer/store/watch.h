/* SPDX-License-Identifier: Apache-2.0 */
/* Notices changes by other replicas: it remembers the identity of each key file that was handed to the gate, and
 * later reports the keys whose file is no longer the same. */
#ifndef SIGNER_STORE_WATCH_H
#define SIGNER_STORE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/files/directory.h"

struct watch; /* a set of {id, identity} */

/* NULL: out of memory. */
struct watch *watch_new(void);

/* Remembers the identity of the file that was read for this id. An identity that is remembered already is kept, so
 * that a change since then is still reported. False: out of memory. */
bool watch_add(struct watch *watch, const struct key_id *id, const struct file_identity *identity)
    __attribute__((warn_unused_result));

/* Gives the identity of a file that was made after its id was added with an identity of zeros, which no file has. It
 * takes no memory, so once the id is there nothing can fail. */
void watch_made(struct watch *watch, const struct key_id *id, const struct file_identity *identity);

/* Continues a round over all ids, for a few thousand of them: writes at most `capacity` ids whose file is gone or
 * replaced to `changed`, and forgets these. Returns how many; *more: the round is not over. */
size_t watch_look(struct watch *watch, const struct directory *directory, struct key_id *changed, size_t capacity,
                  bool *more);

#endif
