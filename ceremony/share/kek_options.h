/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a verb that works on an archive that say where its KEK comes from. */
#ifndef CEREMONY_SHARE_KEK_OPTIONS_H
#define CEREMONY_SHARE_KEK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/share/quorum.h"

struct kek_options {
    const char *kek;                       /* --kek */
    const char *shares[QUORUM_SHARES_MAX]; /* --share, may repeat */
    size_t share_count;
    bool no_record; /* --no-record: accept shares that no record lists; the header's tag still proves the KEK */
};

/* Adds a --share. False: there are too many. */
bool kek_options_share(struct kek_options *options, const char *path) __attribute__((warn_unused_result));

/* Whether --kek or --share was given. */
bool kek_options_are_given(const struct kek_options *options);

/* "file", "descriptor", "credential" or "shares", for reports. A KEK must be given. */
const char *kek_options_kind(const struct kek_options *options);

#endif
