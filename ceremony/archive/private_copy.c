/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/private_copy.h"

#include <stdio.h>
#include <unistd.h>

#include "ceremony/archive/restore.h"

bool private_copy_make(struct private_copy *copy, const struct archive *archive)
{
    const struct owner self = { geteuid(), getegid() };
    *copy = (struct private_copy){ .keystore = "" };
    if (!private_directory_make(&copy->directory, "restore", true))
        return false;
    snprintf(copy->keystore, sizeof copy->keystore, "%s/keystore", copy->directory.path);
    if (restore_run(archive, copy->keystore, &self))
        return true;
    private_copy_remove(copy);
    return false;
}

void private_copy_remove(struct private_copy *copy)
{
    private_directory_remove(&copy->directory);
}
