/* SPDX-License-Identifier: Apache-2.0 */
/* The public record of a KEK's shares: the set, the KEK, the holder of each share, and when each was verified. With it
 * one share can be verified by itself; recovery does not need it. FORMAT.md has the text. */
#ifndef KEYSTORE_SHARE_SHARE_SET_H
#define KEYSTORE_SHARE_SHARE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/format/utf8.h"
#include "keystore/kek/header.h"
#include "keystore/kek/kek.h"
#include "keystore/share/share.h"

enum {
    SHARE_SET_FILE_MAX = 64 * 1024,
    SHARE_LABEL_MAX = 48, /* characters of a name (utf8.h) */
    SHARE_LABEL_SIZE = SHARE_LABEL_MAX * UTF8_BYTES_MAX + 1,
    SHARE_SET_NAME_MAX = 48,
    SHARE_GENERATION_MAX = 9999,
};

struct share_holder {
    uint8_t group, member; /* from 1; the members of a 1-of-n group have the same words */
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    uint64_t verified;            /* when it was verified from its final medium; seconds since 1970 UTC, 0: never */
    char label[SHARE_LABEL_SIZE]; /* the holder's name */
};

struct share_set {
    uint8_t keystore_id[KEYSTORE_ID_SIZE]; /* zeros: made without a keystore */
    struct kek_id kek;
    uint16_t set;
    unsigned generation;   /* counts the sets of this KEK, from 1 */
    uint64_t made, opened; /* opened: when a quorum last opened the keystore, 0: never; seconds since 1970-01-01 UTC */
    uint8_t group_threshold, group_count;
    struct {
        uint8_t threshold, count;
    } groups[SLIP39_GROUPS_MAX];
    size_t count;
    struct share_holder holders[SLIP39_SHARES_MAX];
};

/* Parses a whole file. FAULT_RECORD_CORRUPT for anything but what share_set_encode writes; FAULT_MEMORY. */
enum fault share_set_parse(const uint8_t *bytes, size_t length, struct share_set *out)
    __attribute__((warn_unused_result));

/* Writes the text and returns its length; 0 if it does not fit in `capacity`. */
size_t share_set_encode(const struct share_set *set, uint8_t *out, size_t capacity);

/* The record's file name: "set-3f91-8a17-b121-6618-1.txt". */
void share_set_name(const struct share_set *set, char out[static SHARE_SET_NAME_MAX]);

/* Whether all shares are verified and a quorum has opened the keystore. */
bool share_set_is_verified(const struct share_set *set);

/* Writes how many members make a quorum: "3 of 5", or "2 of 3 groups: 2 of 3, 1 of 1, 3 of 5". */
void share_set_policy_text(const struct share_set *set, char *out, size_t size);

/* Whether the share has the set's identifier. */
bool share_set_has_id(const struct share_set *set, const struct slip39_share *share);

/* The first holder, from index `from`, of the share with this fingerprint; NULL if there is none. A 1-of-n group has
 * several holders of the same share. */
struct share_holder *share_set_find(struct share_set *set, const uint8_t fingerprint[static SHARE_FINGERPRINT_SIZE],
                                    size_t from);

/* Whether `label` is a valid name of a holder: "", or a name (utf8.h) of at most SHARE_LABEL_MAX characters. */
#define SHARE_LABEL_RULE                                                                                               \
    "a name is 1 to 48 characters of UTF-8, each letter one character with its accent (NFC), without invisible or "    \
    "control characters, and without a space at either end"
bool share_set_is_label(const char *label);

#endif
