/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory. */
#ifndef BASE_ENTRIES_H
#define BASE_ENTRIES_H

#include <dirent.h>
#include <stdbool.h>

/* Opens a stream over an open directory, from its start. The stream has its own file offset: the caller's
 * descriptor is not moved and not closed. NULL: errno says why. The caller closes it with closedir. */
DIR *entries_open(int directory) __attribute__((warn_unused_result));

/* Whether a name is "." or "..". */
bool entries_is_dots(const char *name);

#endif
