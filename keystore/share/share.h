/* SPDX-License-Identifier: Apache-2.0 */
/* The public description of a share of a KEK: its set, its member number, and a fingerprint with which one share can be
 * verified by itself. The fingerprint is not secret: a share has 256 random bits, too many to be guessed. */
#ifndef KEYSTORE_SHARE_SHARE_H
#define KEYSTORE_SHARE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/share/slip39.h"

enum {
    SHARE_FINGERPRINT_SIZE = 16,
    SHARE_FINGERPRINT_TEXT = 5 * (SHARE_FINGERPRINT_SIZE / 2), /* groups of four digits, dashes, NUL */
    SHARE_SET_TEXT = 5,                                        /* "1a2b" */
    SHARE_MEMBER_TEXT = 8,                                     /* "3", or "2-3": group, member */
};

/* The first 16 bytes of a domain-separated BLAKE2b of the words, two bytes each: FORMAT.md. */
void share_fingerprint(const uint16_t *words, size_t count, uint8_t out[static SHARE_FINGERPRINT_SIZE]);
/* The same for a decoded share. */
void share_fingerprint_of(const struct slip39_share *share, uint8_t out[static SHARE_FINGERPRINT_SIZE]);

void share_fingerprint_text(const uint8_t fingerprint[static SHARE_FINGERPRINT_SIZE],
                            char out[static SHARE_FINGERPRINT_TEXT]);
bool share_fingerprint_parse(const char *text, uint8_t out[static SHARE_FINGERPRINT_SIZE])
    __attribute__((warn_unused_result));

void share_set_text(uint16_t set, char out[static SHARE_SET_TEXT]);

/* `group` and `member` count from 1; the group is omitted if there is only one. */
void share_member_text(unsigned group_count, unsigned group, unsigned member, char out[static SHARE_MEMBER_TEXT]);

/* Joins a quorum to a KEK. The faults of slip39_combine, FAULT_SHARE_LENGTH if the secret is not 32 bytes long, or
 * FAULT_KEK_MALFORMED. */
struct kek;
enum fault share_join(const struct slip39_share *shares, size_t count, struct kek *out)
    __attribute__((warn_unused_result));

#endif
