/* SOCKET.unseal: what a custodian's side must know of a signer before it seals a share to it, written by
 * the signer's start before anything listens to strangers. Plain text, public; FORMAT.md has the lines. */
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
    size_t record_count; /* share set records, unread */
    struct {
        const uint8_t *bytes; /* into the caller's */
        size_t length;
    } records[UNSEAL_RECORDS_MAX];
};

/* Writes the text and returns its length; 0 where it does not fit. */
size_t unseal_file_encode(const struct unseal_file *file, uint8_t *out, size_t capacity);

/* FAULT_RECORD_CORRUPT for anything else than what unseal_file_encode writes. */
enum fault unseal_file_parse(const uint8_t *bytes, size_t length, struct unseal_file *out)
    __attribute__((warn_unused_result));

/* "a1b2-…": eight groups of four digits that people compare. */
enum { UNSEAL_FINGERPRINT_TEXT = 5 * (UNSEAL_FINGERPRINT_SIZE / 2) };
void unseal_file_fingerprint(const struct unseal_file *file, char out[static UNSEAL_FINGERPRINT_TEXT]);

#endif
