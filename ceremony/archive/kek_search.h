/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file is a KEK of a keystore, raw, in base64 or under a passphrase: then one theft takes both. */
#ifndef CEREMONY_ARCHIVE_KEK_SEARCH_H
#define CEREMONY_ARCHIVE_KEK_SEARCH_H

#include <stdbool.h>

#include "keystore/kek/header.h"

/* Looks at a regular file in the directory `dir`, through no link. False as well where it cannot be read, or memory is
 * out. */
bool kek_search_is_one(int dir, const char *name, const struct header *header);

#endif
