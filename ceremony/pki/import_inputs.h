/* SPDX-License-Identifier: Apache-2.0 */
/* What a person brings to an import: the file with the key, and the certificates. Says what is wrong with them. */
#ifndef CEREMONY_PKI_IMPORT_INPUTS_H
#define CEREMONY_PKI_IMPORT_INPUTS_H

#include "ceremony/pki/private_key.h"

struct import_inputs_files {
    const char *key, *certificate, *passphrase; /* the last two may be NULL */
    unsigned weak_allowed;                      /* rules of weak_key.h that the key may break */
};

struct import_inputs {
    struct private_key *key; /* in the arena, owned */
    uint8_t *pem;            /* in the arena, owned; NULL: no certificate */
    size_t pem_length;
    unsigned weak; /* rules that the key breaks, all of them allowed */
};

/* False: the reason was printed. import_inputs_free in both cases. */
bool import_inputs_read(const struct import_inputs_files *files, struct import_inputs *out)
    __attribute__((warn_unused_result));

void import_inputs_free(struct import_inputs *inputs);

#endif
