/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys are visible: ids, or beginnings of ids that end in '*', as in the signer's --allow. */
#ifndef CLIENT_PKCS11_PATTERNS_H
#define CLIENT_PKCS11_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/limits.h"

enum { PATTERNS_MAX = 64 };

struct patterns {
    size_t count; /* 0: every key */
    char texts[PATTERNS_MAX][KEY_ID_MAX + 1];
};

/* Parses patterns with commas or blanks between them. False: there is none, one is no id or beginning of one, or there
 * are too many. */
bool patterns_parse(const char *text, struct patterns *patterns) __attribute__((warn_unused_result));

/* Whether a key is visible. */
bool patterns_match(const struct patterns *patterns, const char *id);

#endif
