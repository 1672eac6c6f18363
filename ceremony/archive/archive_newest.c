/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/archive_newest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/entries.h"
#include "base/time.h"
#include "ceremony/archive/archive.h"
#include "ceremony/archive/backup_place.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"

enum { ID_HEX = 2 * KEYSTORE_ID_SIZE, ID_LEAST = 8 };

/* The newest archive of one keystore. */
struct newest {
    char keystore[ID_HEX + 1];
    char path[PATH_MAX];
    uint64_t time;
    struct kek_id kek;
};

struct search {
    const char *directory, *wanted;
    struct newest *found;
    size_t count;
};

bool archive_newest_is_id(const char *text)
{
    size_t length = strspn(text, "0123456789abcdef");
    return text[length] == '\0' && length >= ID_LEAST && length <= ID_HEX;
}

static void skip(const char *path, const char *why)
{
    fprintf(stderr, "%s: does not count: %s\n", path, why);
}

/* The place for this keystore, a new one with the time 0 if need be. NULL: out of memory. */
static struct newest *place_of(struct search *search, const char *keystore)
{
    for (size_t i = 0; i < search->count; i++)
        if (strcmp(search->found[i].keystore, keystore) == 0)
            return &search->found[i];
    struct newest *grown = reallocarray(search->found, search->count + 1, sizeof *grown);
    if (!grown)
        return NULL;
    search->found = grown;
    struct newest *made = &grown[search->count++];
    memset(made, 0, sizeof *made);
    memcpy(made->keystore, keystore, sizeof made->keystore);
    return made;
}

static void consider(struct search *search, const char *path, const struct archive *archive)
{
    char keystore[ID_HEX + 1];
    const uint64_t made = archive->manifest.time;
    bytes_to_hex(archive->manifest.header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    if (strncmp(keystore, search->wanted, strlen(search->wanted)) != 0)
        return;
    if (clock_is_future(made)) {
        skip(path, "it is dated in the future; compare the clock");
        return;
    }
    struct newest *newest = place_of(search, keystore);
    if (!newest) {
        skip(path, strerror(ENOMEM));
        return;
    }
    if (made < newest->time || (made == newest->time && strcmp(path, newest->path) <= 0))
        return;
    newest->time = made;
    newest->kek = archive->trailer.kek;
    memcpy(newest->path, path, strlen(path) + 1);
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
    consider(search, path, &archive);
    archive_close(&archive);
}

static bool look_at_all(struct search *search)
{
    int dir = open(search->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = dir >= 0 ? entries_open(dir) : NULL;
    bool ok = entries != NULL;
    if (!ok)
        command_fail("%s: %s", search->directory, strerror(errno));
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (backup_place_is_name(entry->d_name))
            look_at(search, entry->d_name);
    if (entries)
        closedir(entries);
    if (dir >= 0)
        close(dir);
    return ok;
}

static void name_all(const struct search *search)
{
    char kek[KEK_ID_TEXT], when[TIME_TEXT];
    command_fail("%s: there are archives of several keystores in it: name one by --keystore-id, as below",
                 search->directory);
    for (size_t i = 0; i < search->count; i++) {
        const struct newest *newest = &search->found[i];
        kek_id_text(&newest->kek, kek);
        time_text(newest->time, when);
        fprintf(stderr, "--keystore-id %.8s: needs KEK %s, made %s, %s\n", newest->keystore, kek, when, newest->path);
    }
}

bool archive_newest_find(const char *directory, const char *keystore, char out[static PATH_MAX])
{
    struct search search = { .directory = directory, .wanted = keystore };
    bool looked = look_at_all(&search);
    out[0] = '\0';
    if (looked && search.count == 0)
        command_fail("%s: there is no archive%s in it that is whole and not dated in the future", directory,
                     *keystore ? " of this keystore" : "");
    if (search.count > 1)
        name_all(&search);
    if (search.count == 1)
        memcpy(out, search.found[0].path, PATH_MAX);
    free(search.found);
    return out[0] != '\0';
}
