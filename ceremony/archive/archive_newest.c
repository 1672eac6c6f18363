/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive_newest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/entries.h"
#include "ceremony/archive/archive.h"
#include "ceremony/archive/backup_place.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"

struct search {
    const char *directory;
    const uint8_t *wanted; /* keystore; NULL: any, but one */
    uint8_t found[KEYSTORE_ID_SIZE];
    uint64_t time; /* of the newest; 0: none yet */
    bool several;  /* of several keystores */
    char *out;
};

static void skip(const char *path, const char *why)
{
    fprintf(stderr, "%s: does not count: %s\n", path, why);
}

static void consider(struct search *search, const char *path, const struct manifest *manifest)
{
    const uint8_t *id = manifest->header.keystore_id;
    if (search->wanted && memcmp(id, search->wanted, KEYSTORE_ID_SIZE) != 0)
        return;
    if (clock_is_future(manifest->time)) {
        skip(path, "it is dated in the future; compare the clock");
        return;
    }
    if (search->time > 0 && memcmp(id, search->found, KEYSTORE_ID_SIZE) != 0)
        search->several = true;
    if (manifest->time <= search->time && !(manifest->time == search->time && strcmp(path, search->out) > 0))
        return;
    memcpy(search->found, id, KEYSTORE_ID_SIZE);
    search->time = manifest->time;
    memcpy(search->out, path, strlen(path) + 1);
}

static void look_at(struct search *search, const char *name)
{
    char path[PATH_MAX];
    struct archive archive;
    if (snprintf(path, sizeof path, "%s/%s", search->directory, name) >= (int)sizeof path)
        return;
    enum fault fault = archive_open(path, &archive);
    if (fault) {
        skip(path, fault_name(fault));
        return;
    }
    consider(search, path, &archive.manifest);
    archive_close(&archive);
}

bool archive_newest_find(const char *directory, const uint8_t *keystore_id, char out[static PATH_MAX])
{
    struct search search = { .directory = directory, .wanted = keystore_id, .out = out };
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = dir >= 0 ? entries_open(dir) : NULL;
    out[0] = '\0';
    if (!entries)
        command_fail("%s: %s", directory, strerror(errno));
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (backup_place_is_name(entry->d_name))
            look_at(&search, entry->d_name);
    if (entries && search.time == 0)
        command_fail("%s: there is no archive%s in it that is whole and not dated in the future", directory,
                     keystore_id ? " of this keystore" : "");
    else if (search.several)
        command_fail("%s: there are archives of several keystores in it: name the keystore, or the archive", directory);
    if (entries)
        closedir(entries);
    if (dir >= 0)
        close(dir);
    return search.time > 0 && !search.several;
}
