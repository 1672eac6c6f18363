/* The options by which a verb that works on an archive is given its KEK. */
#ifndef CEREMONY_SHARE_KEK_OPTIONS_H
#define CEREMONY_SHARE_KEK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/share/quorum.h"

struct kek_options {
    const char *kek;                       /* --kek */
    const char *shares[QUORUM_SHARES_MAX]; /* --share, may repeat */
    size_t share_count;
    bool no_record; /* --no-record: the shares alone decide, and the header's tag */
};

/* Adds a --share. False: there are too many. */
bool kek_options_share(struct kek_options *options, const char *path) __attribute__((warn_unused_result));

/* Whether a KEK comes by either. */
bool kek_options_are_given(const struct kek_options *options);

/* "file", "descriptor", "credential", "shares": for reports. */
const char *kek_options_kind(const struct kek_options *options);

#endif
