/* SPDX-License-Identifier: Apache-2.0 */
/* What a keystore's transcript says last of something. No MAC is checked: whoever can write to the keystore can have
 * made an entry, so this can only be a reason to refuse or to warn. */
#ifndef CEREMONY_SESSION_TRANSCRIPT_LAST_H
#define CEREMONY_SESSION_TRANSCRIPT_LAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keystore/files/directory.h"

/* Copies the rest of the last line that begins with `begin`, of the newest entry that has one. False: there is none. */
bool transcript_last_line(const struct directory *directory, const char *begin, char *out, size_t size);

/* The latest time of all entries, in seconds since 1970; 0: there is none. */
uint64_t transcript_last_time(const struct directory *directory);

#endif
