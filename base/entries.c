/* SPDX-License-Identifier: Apache-2.0 */
#include "base/entries.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

DIR *entries_open(int directory)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (!entries && copy >= 0)
        close(copy);
    return entries;
}

bool entries_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}
