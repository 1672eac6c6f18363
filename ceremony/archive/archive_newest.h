/* SPDX-License-Identifier: Apache-2.0 */
/* The newest archive of a directory, by what is in it and not by its name or date: the newest one that is whole, of one
 * keystore, and not dated in the future. Whether it is authentic is verified afterwards, as of any archive. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_NEWEST_H
#define CEREMONY_ARCHIVE_ARCHIVE_NEWEST_H

#include <limits.h>
#include <stdbool.h>

#include "keystore/kek/header.h"

/* `keystore_id` NULL: the archives must all be of one keystore. What does not count is named on standard error. False:
 * there is none, or it is not clear which; the reason was printed. */
bool archive_newest_find(const char *directory, const uint8_t *keystore_id, char out[static PATH_MAX])
    __attribute__((warn_unused_result));

#endif
