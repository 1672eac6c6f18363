/* SPDX-License-Identifier: Apache-2.0 */
/* The directory that a new keystore goes into: /var/lib/signer, for example, which a bare host does not have before
 * its unit was started. */
#ifndef CEREMONY_TOOL_PARENT_DIRECTORY_H
#define CEREMONY_TOOL_PARENT_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>

#include "ceremony/tool/owner.h"

struct parent_directory {
    char path[PATH_MAX]; /* of what was made; "": nothing was */
};

/* Makes the directory that `target` is to be in, with mode 0700 and this owner, and says so, if it is absent and the
 * one above it is there. One that is there is left as it is. False: refused; the reason was printed, and nothing is
 * left. */
bool parent_directory_make(struct parent_directory *parent, const char *target, const struct owner *owner)
    __attribute__((warn_unused_result));

/* Removes it again, if it was made and is empty. */
void parent_directory_undo(const struct parent_directory *parent);

#endif
