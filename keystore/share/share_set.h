/* The public record of a KEK's shares: which set, which KEK, who holds which member, and when each
 * share was verified. It makes one share checkable alone; no recovery needs it. FORMAT.md has the text. */
#ifndef KEYSTORE_SHARE_SHARE_SET_H
#define KEYSTORE_SHARE_SHARE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/fault.h"
#include "keystore/kek/header.h"
#include "keystore/kek/kek.h"
#include "keystore/share/share.h"

enum {
    SHARE_SET_FILE_MAX = 64 * 1024,
    SHARE_LABEL_MAX = 48, /* printable ASCII, no space at either end */
    SHARE_SET_NAME_MAX = 48,
    SHARE_GENERATION_MAX = 9999,
};

struct share_holder {
    uint8_t group, member; /* from 1; members of a 1-of-n group hold the same words */
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    uint64_t verified; /* from its final medium; 0: never. Seconds since 1970-01-01 UTC */
    char label[SHARE_LABEL_MAX + 1];
};

struct share_set {
    uint8_t keystore_id[KEYSTORE_ID_SIZE]; /* zeros: of no keystore */
    struct kek_id kek;
    uint16_t set;
    unsigned generation;   /* of the sets of this KEK, from 1 */
    uint64_t made, opened; /* opened: when a quorum of it last opened the keystore; 0: never */
    uint8_t group_threshold, group_count;
    struct {
        uint8_t threshold, count;
    } groups[SLIP39_GROUPS_MAX];
    size_t count;
    struct share_holder holders[SLIP39_SHARES_MAX];
};

/* Parses a whole file. FAULT_RECORD_CORRUPT where it is not what share_set_encode writes. */
enum fault share_set_parse(const uint8_t *bytes, size_t length, struct share_set *out)
    __attribute__((warn_unused_result));

/* Writes the text and returns its length; 0 where it does not fit. */
size_t share_set_encode(const struct share_set *set, uint8_t *out, size_t capacity);

/* Its name among the records: "set-3f91-8a17-b121-6618-1.txt". */
void share_set_name(const struct share_set *set, char out[static SHARE_SET_NAME_MAX]);

/* All members verified, and a quorum has opened the keystore. */
bool share_set_is_verified(const struct share_set *set);

/* "3 of 5, any 3 open" and the like; how many members make a quorum in words. */
void share_set_policy_text(const struct share_set *set, char *out, size_t size);

/* Whether two shares' first words say the same set. */
bool share_set_has_id(const struct share_set *set, const struct slip39_share *share);

/* The holder whose fingerprint this is; NULL for none. Of several (1-of-n) the first from `from`. */
struct share_holder *share_set_find(struct share_set *set, const uint8_t fingerprint[static SHARE_FINGERPRINT_SIZE],
                                    size_t from);

bool share_set_is_label(const char *label);

#endif
