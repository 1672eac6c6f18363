/* SPDX-License-Identifier: Apache-2.0 */
/* The options of split, reshare and rekey for the shares to make and the directory to write them to. */
#ifndef CEREMONY_SHARE_SPLIT_OPTIONS_H
#define CEREMONY_SHARE_SPLIT_OPTIONS_H

#include <getopt.h>

#include "ceremony/share/handout.h"
#include "ceremony/share/split.h"

struct split_options {
    struct split_policy split;
    struct handout handout;
    unsigned threshold, count; /* as given, for split_settle; 0: not given */
};

/* Cards for a CA and a ceremony that have no name. */
#define SPLIT_OPTIONS_NONE                                                                                             \
    {                                                                                                                  \
        .handout = {.ceremony = "", .authority = "", .cards = true }                                                   \
    }

/* Entries for a verb's getopt_long table; the verb must not use their letters for other options. */
#define SPLIT_OPTIONS                                                                                                  \
    { "threshold", required_argument, NULL, 'm' }, { "shares", required_argument, NULL, 'n' },                         \
        { "group", required_argument, NULL, 'g' }, { "out", required_argument, NULL, 'o' },                            \
        { "custodian", required_argument, NULL, 'c' }, { "ceremony", required_argument, NULL, 'e' },                   \
        { "authority", required_argument, NULL, 'a' }, { "qr", no_argument, NULL, 'q' }

/* Parses one option that getopt_long found; keeps `value`. False: it is not one of these, or its value is invalid. */
bool split_options_parse(struct split_options *options, int option, const char *value)
    __attribute__((warn_unused_result));

#endif
