/* What custodians take home: share files, cards to print, and the public record, in one directory. */
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

/* Makes the directory where it is absent, and writes everything, 0600, over nothing. A name that is taken
 * refuses all. Warns where the directory is on a disk. A failure was said. */
bool handout_write(const struct handout *handout, const struct split *split) __attribute__((warn_unused_result));

/* The card of one holder; its strings live as long as `strings`. */
struct card_strings {
    char keystore[2 * KEYSTORE_ID_SIZE + 1], kek[KEK_ID_TEXT], set[SHARE_SET_TEXT], fingerprint[SHARE_FINGERPRINT_TEXT];
    char date[TIME_TEXT], member[320];
};
struct card handout_card(const struct handout *handout, const struct split *split, size_t holder,
                         struct card_strings *strings);

/* The path of the record that was handed out beside a share: in the directory of its file. False where the
 * share is no file that a path names (typed, a descriptor), or there is no such record that we may read. */
bool handout_record_beside(const char *share, char path[static PATH_MAX]) __attribute__((warn_unused_result));

#endif
