/* Which sealed keys were handed to the gate, and as what file, so that a change by another
 * replica is noticed: the store looks again and names those that are not the same. */
#ifndef SIGNER_WATCH_H
#define SIGNER_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/files/directory.h"

struct watch; /* a set of {id, identity} */

/* NULL for want of memory. */
struct watch *watch_new(void);

/* Remembers that the file of this id was read as this. What is remembered already stays, so that a
 * change since then is still reported. False for want of memory. */
bool watch_add(struct watch *watch, const struct key_id *id, const struct file_identity *identity)
    __attribute__((warn_unused_result));

/* Forgets an id: it will not be reported. */
void watch_drop(struct watch *watch, const struct key_id *id);

/* Goes on with a round over all ids, for a few thousand of them: reports at most `capacity` of those
 * whose file is gone or another one, and forgets them. Returns how many; *more: the round is not over. */
size_t watch_look(struct watch *watch, const struct directory *directory, struct key_id *changed, size_t capacity,
                  bool *more);

#endif
