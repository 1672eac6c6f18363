/* Signatures of transcript entries by the keystore's first key: DIR/records/transcript-000001.sig. */
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

/* Has the first key that the KEK opens sign an entry, through a private signer. True also where there is
 * none yet. */
bool transcript_signature_make(const struct signed_keystore *keystore, unsigned number)
    __attribute__((warn_unused_result));

enum signature_verdict { SIGNATURE_NONE, SIGNATURE_RIGHT, SIGNATURE_WRONG, SIGNATURE_KEY_GONE };

/* Whether an entry is signed, and rightly, by the key that the signature names. */
enum signature_verdict transcript_signature_verify(const struct directory *directory, const struct header *header,
                                                   unsigned number);

#endif
