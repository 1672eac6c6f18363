/* Pages of the sorted list of keys. One listing goes on with the list that it began with, for a while. */
#ifndef SIGNER_STORE_LISTING_H
#define SIGNER_STORE_LISTING_H

#include "keystore/files/directory.h"

enum { LISTING_BODY_MAX = 512 * 1024 };

struct listing {
    struct key_list list;
    uint64_t made_ms;
};

/* What we changed ourselves is in the next page. */
void listing_forget(struct listing *listing);

/* Writes the page behind `after` ("": from the start), of at most `limit` keys, as struct list_head
 * and entries to `body`, which holds LISTING_BODY_MAX. *length is what was written. */
enum fault listing_page(struct listing *listing, const struct directory *directory, const struct key_id *after,
                        uint32_t limit, uint8_t *body, size_t *length) __attribute__((warn_unused_result));

#endif
