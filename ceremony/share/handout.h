/* SPDX-License-Identifier: Apache-2.0 */
/* The handout: the files for the custodians (share files, cards to print) and the public set record, in one
 * directory. */
#ifndef CEREMONY_SHARE_HANDOUT_H
#define CEREMONY_SHARE_HANDOUT_H

#include <limits.h>

#include "base/time.h"
#include "ceremony/card/card.h"
#include "ceremony/share/split.h"

#define HANDOUT_RECORD "set-record.txt"

struct handout {
    const char *directory;
    const char *ceremony, *authority; /* for the cards; "" for none */
    bool cards, qr, rehearsal;
};

/* Whether the cards can show every name of the handout and of the custodians, and the directory can take the files;
 * called before anybody types a share. False: the reason was printed. */
bool handout_is_possible(const struct handout *handout, const struct split_policy *policy)
    __attribute__((warn_unused_result));

/* Writes all files with mode 0600 to the directory, which is made if absent. If one of the names exists, nothing is
 * written. Warns if the directory is not in memory. False: the reason was printed, and nothing is there but what
 * aftermath.h has. Once in a process. */
bool handout_write(const struct handout *handout, const struct split *split) __attribute__((warn_unused_result));

/* The card of one holder of the set. It borrows from `handout`, `split` and `strings`. */
struct card_strings {
    char keystore[2 * KEYSTORE_ID_SIZE + 1], kek[KEK_ID_TEXT], set[SHARE_SET_TEXT], fingerprint[SHARE_FINGERPRINT_TEXT];
    char date[TIME_TEXT], member[320];
};
struct card handout_card(const struct handout *handout, const struct split *split, size_t holder,
                         struct card_strings *strings);

/* The path of the set record in the directory of a share file. False: the share is typed or comes from a descriptor, or
 * there is no readable record beside it. */
bool handout_record_beside(const char *share, char path[static PATH_MAX]) __attribute__((warn_unused_result));

#endif
