/* An existing CA key becomes a sealed one, without ever touching a disk in clear. */
#ifndef CEREMONY_PKI_IMPORT_H
#define CEREMONY_PKI_IMPORT_H

#include "keystore/files/directory.h"
#include "keystore/kek/kek.h"

struct import_options {
    const char *keystore, *kek, *id, *key, *certificate, *passphrase; /* the last two may be NULL */
};

/* Seals the key in options->key as `id`, and reads it back. private_key_start comes before. Gives the exit
 * code; a refusal was said. */
int import_key(const struct import_options *options, const struct directory *directory, const struct header *header,
               const struct kek *kek, const struct key_id *id);

#endif
