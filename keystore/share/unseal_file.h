/* SPDX-License-Identifier: Apache-2.0 */
/* SOCKET.unseal: the public data that a custodian's tool needs before it seals a share to a signer. The signer writes
 * it at its start, before it accepts connections. Plain text; FORMAT.md has the lines. */
#ifndef KEYSTORE_SHARE_UNSEAL_FILE_H
#define KEYSTORE_SHARE_UNSEAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/header.h"
#include "keystore/share/unseal_box.h"

#define UNSEAL_FILE_SUFFIX ".unseal"

enum { UNSEAL_VAULTS_MAX = 17, UNSEAL_RECORDS_MAX = 64, UNSEAL_FILE_MAX = 4 * 1024 * 1024 };

struct unseal_file {
    uint8_t keystore_id[KEYSTORE_ID_SIZE];
    uint64_t started; /* seconds since 1970-01-01 UTC */
    size_t vault_count;
    uint8_t vaults[UNSEAL_VAULTS_MAX][UNSEAL_KEY_SIZE];
    size_t record_count; /* share set records, not parsed */
    struct {
        const uint8_t *bytes; /* not owned: points into the caller's bytes */
        size_t length;
    } records[UNSEAL_RECORDS_MAX];
};

/* Writes the text and returns its length; 0 if it does not fit in `capacity`. */
size_t unseal_file_encode(const struct unseal_file *file, uint8_t *out, size_t capacity);

/* FAULT_RECORD_CORRUPT for anything but what unseal_file_encode writes. */
enum fault unseal_file_parse(const uint8_t *bytes, size_t length, struct unseal_file *out)
    __attribute__((warn_unused_result));

/* "a1b2-…": eight groups of four hex digits, for people to compare. */
enum { UNSEAL_FINGERPRINT_TEXT = 5 * (UNSEAL_FINGERPRINT_SIZE / 2) };
void unseal_file_fingerprint(const struct unseal_file *file, char out[static UNSEAL_FINGERPRINT_TEXT]);

#endif
