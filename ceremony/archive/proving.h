/* What only a KEK can tell of an archive: each key opened by a private signer, a signature made with it and
 * held to its certificate. */
#ifndef CEREMONY_PROVING_H
#define CEREMONY_PROVING_H

#include "ceremony/archive/opening.h"
#include "ceremony/archive/private_copy.h"
#include "ceremony/archive/voucher.h"

struct proving {
    struct private_copy copy;
    struct voucher voucher;
    struct key_id first; /* that signed; "" for none */
};

/* Restores into memory. False: refused, which was said. */
bool proving_restore(struct proving *proving, const struct opening *opening) __attribute__((warn_unused_result));
/* Starts a signer there, with the opening's KEK. */
bool proving_start(struct proving *proving, const struct opening *opening) __attribute__((warn_unused_result));

/* Has every key sign a challenge; one finding each. Those that are sealed under another KEK of the header
 * alone are left out, which opening_examine says. Gives how many signed. */
size_t proving_sign(struct proving *proving, const struct opening *opening, struct report *report);

/* Ends the signer and removes the copy. */
void proving_end(struct proving *proving);

#endif
