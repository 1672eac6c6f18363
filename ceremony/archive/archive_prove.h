/* SPDX-License-Identifier: Apache-2.0 */
/* Proves with a KEK that an archive's keys work: a private signer opens each from a copy in memory, signs a challenge
 * with it, and the signature is verified with the key's certificate. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_PROVE_H
#define CEREMONY_ARCHIVE_ARCHIVE_PROVE_H

#include "ceremony/archive/archive_authenticator.h"
#include "ceremony/archive/archive_inspect.h"
#include "ceremony/archive/private_copy.h"

struct archive_proof {
    struct private_copy copy;
    struct archive_authenticator authenticator;
};

/* Restores the archive into a private directory in memory. False: refused; the reason was printed. */
bool archive_prove_restore(struct archive_proof *proof, const struct archive_inspection *inspection)
    __attribute__((warn_unused_result));
/* Starts a private signer on that copy, with the KEK of the archive inspection. False: the reason was printed. */
bool archive_prove_start(struct archive_proof *proof, const struct archive_inspection *inspection)
    __attribute__((warn_unused_result));

/* Has each key sign a challenge, one finding each, and returns how many signed. Keys sealed only under another KEK of
 * the header are skipped; archive_inspect_check reports those. */
size_t archive_prove_sign(struct archive_proof *proof, const struct archive_inspection *inspection,
                          struct report *report);

/* Stops the signer and removes the copy. */
void archive_prove_end(struct archive_proof *proof);

#endif
