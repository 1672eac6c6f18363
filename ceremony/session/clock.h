/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the clock can be right, by what is dated. Nothing that is dated in the future counts as the newest of its
 * kind: it was dated by a clock that was wrong, or this one is. */
#ifndef CEREMONY_SESSION_CLOCK_H
#define CEREMONY_SESSION_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "keystore/files/directory.h"

/* More than five minutes ahead of this clock: clocks of two hosts differ a little. */
bool clock_is_future(uint64_t when);

enum { CLOCK_SENTENCE = 256 };

/* Gets one sentence for each thing that does not fit the clock. */
typedef void clock_say(const char *subject, const char *sentence, void *context);

/* Looks at a keystore: the last entry of its transcript, and the begin of its certificates. */
void clock_check(const struct directory *directory, clock_say *say, void *context);

/* Looks at an archive's time: in the future, or more than a year away. False: there is nothing to say; else the
 * sentence is in `out`. */
bool clock_check_archive(uint64_t made, char out[static CLOCK_SENTENCE]);

#endif
