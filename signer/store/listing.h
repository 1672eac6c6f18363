/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of the sorted list of keys, and of those that are lost: there is a certificate of them and no key. The list is
 * cached for a few seconds, so that the pages of one listing agree. */
#ifndef SIGNER_STORE_LISTING_H
#define SIGNER_STORE_LISTING_H

#include "keystore/files/directory.h"

enum { LISTING_BODY_MAX = 512 * 1024 };

struct listing {
    struct key_list list;
    uint64_t made_ms;
};

/* Drops the cached list, after this store has changed a key. */
void listing_forget(struct listing *listing);

/* Writes the page that follows the id `after` ("": from the start), of at most `limit` keys, as struct list_head
 * and entries to `body`, which holds LISTING_BODY_MAX bytes. *length is the number of bytes written. */
enum fault listing_page(struct listing *listing, const struct directory *directory, const struct key_id *after,
                        uint32_t limit, uint8_t *body, size_t *length) __attribute__((warn_unused_result));

#endif
