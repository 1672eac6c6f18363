/* SPDX-License-Identifier: Apache-2.0 */
/* The newest archive of a directory, by what is in it and not by its name or date: the newest one that is whole, of one
 * keystore, and not dated in the future. Whether it is authentic is verified afterwards, as of any archive. */
#ifndef CEREMONY_ARCHIVE_ARCHIVE_NEWEST_H
#define CEREMONY_ARCHIVE_ARCHIVE_NEWEST_H

#include <limits.h>
#include <stdbool.h>

/* Whether this is the begin of a keystore's id that names it: 8 to 32 hex digits, in lower case. */
bool archive_newest_is_id(const char *text);

/* `keystore`: the begin of the id of the keystore that is wanted; "": the archives must all be of one. What does not
 * count is named on standard error, and if there are several keystores, each with its newest archive. False: there is
 * none, or it is not clear which; the reason was printed. */
bool archive_newest_find(const char *directory, const char *keystore, char out[static PATH_MAX])
    __attribute__((warn_unused_result));

#endif
