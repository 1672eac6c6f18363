/* The options by which split, reshare and rekey are told which shares to make, and where to hand them out. */
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

/* Entries of a table for getopt_long; a verb that has them uses their letters for nothing else. */
#define SPLIT_OPTIONS                                                                                                  \
    { "threshold", required_argument, NULL, 'm' }, { "shares", required_argument, NULL, 'n' },                         \
        { "group", required_argument, NULL, 'g' }, { "out", required_argument, NULL, 'o' },                            \
        { "custodian", required_argument, NULL, 'c' }, { "ceremony", required_argument, NULL, 'e' },                   \
        { "authority", required_argument, NULL, 'a' }, { "qr", no_argument, NULL, 'q' }

/* Takes what getopt_long found; `value` must last. False: it is none of these, or its value none of its kind. */
bool split_options_parse(struct split_options *options, int option, const char *value)
    __attribute__((warn_unused_result));

#endif
