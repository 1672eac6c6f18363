/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/backup_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/entries.h"
#include "base/io.h"
#include "base/time.h"
#include "ceremony/archive/archive.h"
#include "ceremony/archive/kek_search.h"
#include "ceremony/session/clock.h"
#include "ceremony/tool/tool.h"
#include "keystore/format/bytes.h"
#include "keystore/kek/kek_file.h"

#define PREFIX "backup-"
#define SUFFIX ".tar"

enum { AGAIN_MAX = 10000, DAY = 24 * 60 * 60 };

/* -- apart from keystore and KEK -- */

static bool split_path(struct backup_place *place, const char *out)
{
    struct stat status;
    int size;
    place->names = stat(out, &status) == 0 && S_ISDIR(status.st_mode);
    if (!place->names && out[0] && out[strlen(out) - 1] == '/') {
        command_fail("%s: there is no such directory; make it first", out);
        return false;
    }
    if (place->names) {
        size = snprintf(place->directory, sizeof place->directory, "%s", out);
        place->dir = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else {
        const char *name;
        place->dir = tool_open_parent(out, &name);
        int length = name ? (int)(name - out) : 0;
        length -= length > 1; /* without its slash */
        size = snprintf(place->directory, sizeof place->directory, "%.*s", length > 0 ? length : 1,
                        length > 0 ? out : ".");
        if (!name || strlen(name) >= sizeof place->name) {
            tool_refuse(FAULT_FILE_IRREGULAR, out);
            return false;
        }
        memcpy(place->name, name, strlen(name) + 1);
    }
    if (place->dir < 0 || size < 0 || (size_t)size >= sizeof place->directory) {
        command_fail("%s: %s", out, strerror(errno));
        return false;
    }
    return true;
}

static bool is_outside(const struct backup_place *place, const char *keystore)
{
    char inner[PATH_MAX];
    const char *here = place->directory[0] == '/' ? "" : "./"; /* "fd:3" may be a directory's name, no descriptor */
    int size = snprintf(inner, sizeof inner, "%s%s/.", here, place->directory);
    if (size > 0 && (size_t)size < sizeof inner && kek_file_is_apart(inner, keystore) == FAULT_NONE)
        return true;
    command_fail("%s: is inside the keystore %s, which a backup must survive; name a directory elsewhere",
                 place->directory, keystore);
    return false;
}

static bool is_without_kek(const struct backup_place *place, const struct header *header)
{
    DIR *entries = entries_open(place->dir);
    bool ok = entries != NULL, is_one;
    enum fault fault;
    if (!ok)
        command_fail("%s: %s", place->directory, strerror(errno));
    for (struct dirent *entry; ok && (entry = readdir(entries));)
        if ((fault = kek_search_look(place->dir, entry->d_name, header, &is_one)) != FAULT_NONE) {
            tool_refuse(fault, place->directory);
            ok = false;
        } else if (is_one) {
            command_fail("%s: %s/%s: %s", fault_name(FAULT_KEK_BESIDE_BACKUP), place->directory, entry->d_name,
                         fault_advice(FAULT_KEK_BESIDE_BACKUP));
            ok = false;
        }
    if (entries)
        closedir(entries);
    return ok;
}

static bool is_free(const struct backup_place *place, const char *out)
{
    struct stat status;
    if (place->names || fstatat(place->dir, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    tool_refuse(FAULT_FILE_EXISTS, out);
    return false;
}

bool backup_place_open(struct backup_place *place, const char *out, const char *keystore, const struct header *header)
{
    *place = (struct backup_place){ .dir = -1 };
    if (split_path(place, out) && is_free(place, out) && is_outside(place, keystore) && is_without_kek(place, header))
        return true;
    backup_place_close(place);
    return false;
}

void backup_place_close(struct backup_place *place)
{
    if (place->dir >= 0)
        close(place->dir);
    place->dir = -1;
}

/* -- names -- */

void backup_place_name(struct backup_place *place, const struct manifest *manifest, const struct kek_id *kek)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1], id[KEK_ID_TEXT], when[TIME_STAMP];
    if (!place->names)
        return;
    bytes_to_hex(manifest->header.keystore_id, KEYSTORE_ID_SIZE, keystore);
    kek_id_text(kek, id);
    time_stamp(manifest->time, when);
    /* a timer and a path unit may make two archives in one second */
    for (unsigned again = 1; again < AGAIN_MAX; again++) {
        char number[8] = "";
        if (again > 1)
            snprintf(number, sizeof number, "_%u", again); /* '_' sorts after '.', so the later one is last */
        snprintf(place->name, sizeof place->name, "%s" PREFIX "%.8s-%s-%s%s" SUFFIX, place->prefix ? place->prefix : "",
                 keystore, when, id, number);
        if (faccessat(place->dir, place->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            return;
    }
}

void backup_place_path(const struct backup_place *place, char out[static PATH_MAX])
{
    size_t end = strlen(place->directory);
    const char *slash = end > 0 && place->directory[end - 1] == '/' ? "" : "/";
    if (strcmp(place->directory, ".") == 0 && !place->names)
        snprintf(out, PATH_MAX, "%s", place->name);
    else if (snprintf(out, PATH_MAX, "%s%s%s", place->directory, slash, place->name) >= PATH_MAX)
        out[0] = '\0';
}

enum fault backup_place_publish(const struct backup_place *place, const uint8_t *bytes, size_t length)
{
    struct stat status;
    if (geteuid() != 0)
        return file_publish(place->dir, place->name, bytes, length);
    if (fstat(place->dir, &status) != 0)
        return FAULT_STORE_IO;
    return file_publish_as(place->dir, place->name, bytes, length, status.st_uid, status.st_gid);
}

/* -- old archives -- */

struct old {
    char name[NAME_MAX + 1];
    uint64_t time;
    uint8_t sha256[SHA256_SIZE]; /* of its content */
};

struct pruning {
    const struct backup_place *place;
    const struct header *header;
    backup_place_verify *judge;
    const void *context;
    struct report *report;
    struct old *found;
    size_t count, left; /* left: archives that are neither counted nor removed */
};

/* A link to an archive, or a second copy of it, would count twice and cause a distinct archive to be removed. */
static bool is_counted(const struct pruning *pruning, const struct archive *archive, const char *name)
{
    struct stat status;
    const uint8_t *hash = archive->trailer.claim.sha256;
    bool counted = fstatat(pruning->place->dir, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode);
    for (size_t i = 0; i < pruning->count && !counted; i++)
        counted = memcmp(pruning->found[i].sha256, hash, SHA256_SIZE) == 0;
    return counted;
}

static void note_old(struct pruning *pruning, const char *name)
{
    struct backup_place place = *pruning->place;
    char path[PATH_MAX];
    struct archive archive;
    memcpy(place.name, name, strlen(name) + 1);
    backup_place_path(&place, path);
    enum fault fault = archive_open(path, &archive);
    if (fault) {
        report_add(pruning->report, FINDING_WARN, name, fault_name(fault), "not counted and not removed: %s",
                   fault_advice(fault));
        return;
    }
    const struct manifest *manifest = &archive.manifest;
    struct old *grown = NULL;
    bool is_future = clock_is_future(manifest->time);
    if (is_future)
        report_add(pruning->report, FINDING_WARN, name, NULL,
                   "is dated in the future: not counted and not removed; compare the clock");
    bool counts = !is_future
        && memcmp(manifest->header.keystore_id, pruning->header->keystore_id, KEYSTORE_ID_SIZE) == 0
        && !is_counted(pruning, &archive, name) && pruning->judge(&archive.trailer, pruning->context);
    pruning->left += !counts && !is_future;
    if (counts)
        grown = reallocarray(pruning->found, pruning->count + 1, sizeof *grown);
    if (grown) {
        pruning->found = grown;
        memcpy(grown[pruning->count].name, name, strlen(name) + 1);
        memcpy(grown[pruning->count].sha256, archive.trailer.claim.sha256, SHA256_SIZE);
        grown[pruning->count++].time = manifest->time;
    }
    archive_close(&archive);
}

static int newest_first(const void *a, const void *b)
{
    const struct old *one = a, *other = b;
    return one->time != other->time ? (one->time > other->time ? -1 : 1) : strcmp(other->name, one->name);
}

bool backup_place_is_name(const char *name)
{
    size_t length = strlen(name);
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && length > strlen(SUFFIX)
        && strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* Newest first: whether this one is the newest of its day, and its day one of the last `days`. */
struct days {
    unsigned left;
    uint64_t last; /* the day before, as days since 1970, plus one; 0: none */
};

static bool is_kept_for_its_day(struct days *days, const struct old *old)
{
    uint64_t day = old->time / DAY + 1;
    if (day == days->last || days->left == 0)
        return false;
    days->last = day;
    days->left--;
    return true;
}

static void remove_old(const struct pruning *pruning, const char *name)
{
    if (unlinkat(pruning->place->dir, name, 0) == 0)
        report_add(pruning->report, FINDING_OK, name, NULL, "removed: newer ones are kept");
    else
        report_add(pruning->report, FINDING_WARN, name, NULL, "could not be removed: %s", strerror(errno));
}

static void remove_beyond(const struct pruning *pruning, const struct backup_keep *keep)
{
    struct days days = { .left = keep->days };
    size_t kept = 0;
    for (size_t i = 0; i < pruning->count; i++) {
        const struct old *old = &pruning->found[i];
        bool is_new = strcmp(old->name, pruning->place->name) == 0;
        bool counts = !is_new && kept + 1 < keep->count;
        bool of_day = is_kept_for_its_day(&days, old);
        kept += counts;
        if (!is_new && !counts && !of_day)
            remove_old(pruning, old->name);
    }
}

void backup_place_prune(const struct backup_place *place, const struct backup_keep *keep, const struct header *header,
                        backup_place_verify *judge, const void *context, struct report *report)
{
    struct pruning pruning = {
        .place = place,
        .header = header,
        .judge = judge,
        .context = context,
        .report = report,
    };
    DIR *entries = entries_open(place->dir);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (backup_place_is_name(entry->d_name))
            note_old(&pruning, entry->d_name);
    if (entries)
        closedir(entries);
    if (pruning.count > 0)
        qsort(pruning.found, pruning.count, sizeof *pruning.found, newest_first);
    remove_beyond(&pruning, keep);
    if (pruning.left > 0)
        report_fact(report, "not counted",
                    "%zu archives of another KEK or keystore, or not authenticated; rekey --status reports when those"
                    " of an old KEK may be destroyed",
                    pruning.left);
    free(pruning.found);
}
