/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/leftovers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/entries.h"
#include "keystore/files/file.h"

static bool has(const char *name, const char *begin, const char *end)
{
    size_t length = strlen(name), head = strlen(begin), tail = strlen(end);
    return length > head + tail && strncmp(name, begin, head) == 0 && strcmp(name + length - tail, end) == 0;
}

static bool is_share(const char *name)
{
    return has(name, "card-", ".pdf") || has(name, "card-", ".txt") || has(name, "share-", ".txt");
}

static void name_one(int dir, const char *path, const char *name)
{
    enum file_swept swept = is_share(name) ? FILE_NOT_SWEPT : file_sweep_one(dir, name);
    if (is_share(name))
        fprintf(stderr, "signer-ceremony: warning: %s/%s was left by an earlier run, and has a share: destroy it\n",
                path, name);
    else if (swept != FILE_NOT_SWEPT)
        fprintf(stderr,
                "signer-ceremony: warning: %s/%s was left by a run that was killed, and has parts of a share: %s\n",
                path, name, swept == FILE_SWEPT ? "removed" : "destroy it");
}

void leftovers_name(int dir, const char *path)
{
    DIR *entries = entries_open(dir);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        name_one(dir, path, entry->d_name);
    if (entries)
        closedir(entries);
}
