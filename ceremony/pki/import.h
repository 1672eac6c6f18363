/* SPDX-License-Identifier: Apache-2.0 */
/* Imports an existing CA key: seals it into the keystore, without a plaintext copy on any disk. */
#ifndef CEREMONY_PKI_IMPORT_H
#define CEREMONY_PKI_IMPORT_H

#include "keystore/files/directory.h"
#include "keystore/kek/kek.h"

struct import_options {
    const char *keystore, *kek, *id, *key, *certificate, *passphrase; /* the last two may be NULL */
    unsigned weak_allowed;                                            /* rules of weak_key.h that the key may break */
    unsigned *weak;                                                   /* where those that it breaks go; may be NULL */
};

/* Whether the files that it names are there and the id is free: for a verb that is going to ask people first. False:
 * the reason was printed. */
bool import_is_possible(const struct import_options *options, const struct directory *directory,
                        const struct key_id *id) __attribute__((warn_unused_result));

/* Seals the key in the file options->key as `id`, and opens it from disk again. Needs openssl_start(true). Returns the
 * exit code; the reason for a refusal was printed. */
int import_key(const struct import_options *options, const struct directory *directory, const struct header *header,
               const struct kek *kek, const struct key_id *id);

#endif
