/* What only a KEK can tell of an archive: each key opened by a private signer, a signature made with it and
 * held to its certificate. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_PROVE_H
#define CEREMONY_ARCHIVE_ARCHIVE_PROVE_H

#include "ceremony/archive/archive_authenticator.h"
#include "ceremony/archive/archive_inspect.h"
#include "ceremony/archive/private_copy.h"

struct archive_proof {
    struct private_copy copy;
    struct archive_authenticator authenticator;
    struct key_id first; /* that signed; "" for none */
};

/* Restores into memory. False: refused, which was said. */
bool archive_prove_restore(struct archive_proof *proof, const struct archive_inspection *inspection)
    __attribute__((warn_unused_result));
/* Starts a signer there, with the opening's KEK. */
bool archive_prove_start(struct archive_proof *proof, const struct archive_inspection *inspection)
    __attribute__((warn_unused_result));

/* Has every key sign a challenge; one finding each. Those that are sealed under another KEK of the header
 * alone are left out, which archive_inspect_check says. Gives how many signed. */
size_t archive_prove_sign(struct archive_proof *proof, const struct archive_inspection *inspection,
                          struct report *report);

/* Ends the signer and removes the copy. */
void archive_prove_end(struct archive_proof *proof);

#endif
