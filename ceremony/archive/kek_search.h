/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file is a KEK of a keystore, raw, in base64 or under a passphrase: then one theft takes both. */
#ifndef CEREMONY_ARCHIVE_KEK_SEARCH_H
#define CEREMONY_ARCHIVE_KEK_SEARCH_H

#include <stdbool.h>

#include "keystore/kek/header.h"

/* Looks at a regular file in the directory `dir`, through no link; one that cannot be read is none. FAULT_MEMORY: it
 * could not look, and *is_one is false. */
enum fault kek_search_look(int dir, const char *name, const struct header *header, bool *is_one)
    __attribute__((warn_unused_result));

#endif
