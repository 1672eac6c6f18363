/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/kek_options.h"

#include <string.h>

#include "keystore/kek/kek_file.h"

bool kek_options_share(struct kek_options *options, const char *path)
{
    if (options->share_count == QUORUM_SHARES_MAX)
        return false;
    options->shares[options->share_count++] = path;
    return true;
}

bool kek_options_are_given(const struct kek_options *options)
{
    return options->kek || options->share_count > 0;
}

const char *kek_options_kind(const struct kek_options *options)
{
    if (options->share_count > 0 || strcmp(options->kek, "shares") == 0)
        return "shares";
    if (kek_file_descriptor(options->kek) >= 0)
        return "descriptor";
    return strncmp(options->kek, "credential:", 11) == 0 ? "credential" : "file";
}
