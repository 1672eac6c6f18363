/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of transcript entries by a key of the keystore: DIR/records/transcript-000001.sig. */
#ifndef CEREMONY_SESSION_TRANSCRIPT_SIGNATURE_H
#define CEREMONY_SESSION_TRANSCRIPT_SIGNATURE_H

#include <stdbool.h>

#include "keystore/files/directory.h"
#include "keystore/kek/header.h"

struct signed_keystore {
    const struct directory *directory;
    const struct header *header;
    const struct kek *kek;
};

/* Has the first key with a wrap for the KEK sign an entry, through a private signer. True also where the keystore has
 * no such key. False: the reason was printed. */
bool transcript_signature_make(const struct signed_keystore *keystore, unsigned number)
    __attribute__((warn_unused_result));

enum signature_verdict { SIGNATURE_NONE, SIGNATURE_RIGHT, SIGNATURE_WRONG, SIGNATURE_KEY_GONE };

/* Verifies the signature of an entry with the keystore's key that it names. SIGNATURE_NONE: the entry has none. */
enum signature_verdict transcript_signature_verify(const struct directory *directory, const struct header *header,
                                                   unsigned number);

#endif
