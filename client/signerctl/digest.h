/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and PEM for signerctl. digest.c is its only file that uses libcrypto. */
#ifndef CLIENT_SIGNERCTL_DIGEST_H
#define CLIENT_SIGNERCTL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "client/signer.h"

enum { DIGEST_SIZE = 64 };

/* Hashes the rest of an open file. Returns the digest's size, or 0 with errno set (EIO if libcrypto failed). */
size_t digest_file(FILE *file, enum signer_hash hash, uint8_t out[static DIGEST_SIZE])
    __attribute__((warn_unused_result));

/* Prints bytes as PEM (RFC 7468) with this label. */
void digest_pem(FILE *out, const char *label, const uint8_t *bytes, size_t length);

#endif
