/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/split_options.h"

#include <stdio.h>

static bool read_number(const char *text, unsigned *out)
{
    char end;
    return sscanf(text, "%3u%c", out, &end) == 1;
}

static bool add_custodian(struct split_policy *split, const char *label)
{
    if (split->label_count == QUORUM_SHARES_MAX)
        return false;
    split->labels[split->label_count++] = label;
    return true;
}

bool split_options_parse(struct split_options *options, int option, const char *value)
{
    switch (option) {
    case 'm': return read_number(value, &options->threshold);
    case 'n': return read_number(value, &options->count);
    case 'g': return split_add_group(&options->split, value);
    case 'o': options->handout.directory = value; return true;
    case 'c': return add_custodian(&options->split, value);
    case 'e': options->handout.ceremony = value; return true;
    case 'a': options->handout.authority = value; return true;
    case 'q': options->handout.qr = true; return true;
    default: return false;
    }
}
