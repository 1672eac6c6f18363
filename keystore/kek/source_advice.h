/* SPDX-License-Identifier: Apache-2.0 */
/* What to do about a KEK, keystore or other file that a person has named, where looking at the name tells more than the
 * fault alone: which credential is missing, what an irregular file is, whose a file of somebody else is. */
#ifndef KEYSTORE_KEK_SOURCE_ADVICE_H
#define KEYSTORE_KEK_SOURCE_ADVICE_H

#include "keystore/fault.h"

enum { SOURCE_ADVICE = 1024 };

/* Returns a sentence in the place of fault_advice's, which it is where there is no more to tell: in `out`, or static.
 * errno stays as it is. */
const char *source_advice(enum fault fault, const char *source, char out[static SOURCE_ADVICE]);

#endif
