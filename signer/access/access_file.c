/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/access/access_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

bool access_file_place(const char *path, uid_t owner, struct access_place *out)
{
    char directory[4096];
    const char *slash = strrchr(path, '/');
    *out = (struct access_place){ .directory = -1, .etc = -1, .name = slash ? slash + 1 : path, .owner = owner };
    int length = slash ? (int)(slash - path) : 0;
    if ((size_t)length >= sizeof directory) {
        errno = ENAMETOOLONG;
        return false;
    }
    snprintf(directory, sizeof directory, "%.*s", length, path);
    const char *where = slash ? directory : ".";
    out->directory = open(slash == path ? "/" : where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    out->etc = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return out->directory >= 0 && out->etc >= 0;
}

/* -- names -- */

static FILE *open_etc(const struct access_place *place, const char *name)
{
    int fd = openat(place->etc, name, O_RDONLY | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!file && fd >= 0)
        close(fd);
    return file;
}

static bool find_user(FILE *file, const char *name, uint32_t *id)
{
    const struct passwd *entry;
    while ((entry = fgetpwent(file)))
        if (strcmp(entry->pw_name, name) == 0) {
            *id = entry->pw_uid;
            return true;
        }
    return false;
}

static bool find_group(FILE *file, const char *name, uint32_t *id)
{
    const struct group *entry;
    while ((entry = fgetgrent(file)))
        if (strcmp(entry->gr_name, name) == 0) {
            *id = entry->gr_gid;
            return true;
        }
    return false;
}

/* In the files alone: what other services know of users needs sockets, which the sandbox has none of. */
static bool look_up(const void *context, const char *name, bool is_group, uint32_t *id)
{
    FILE *file = open_etc(context, is_group ? "group" : "passwd");
    bool found = file && (is_group ? find_group(file, name, id) : find_user(file, name, id));
    if (file)
        fclose(file);
    return found;
}

/* -- lines -- */

static bool read_line(const struct access_place *place, char *line, unsigned number, struct access_grants *out,
                      char why[static ACCESS_WHY])
{
    const char *what;
    size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    if (line[0] == '\0' || line[0] == '#')
        return true;
    if (out->count == GRANTS_MAX)
        snprintf(why, ACCESS_WHY, "%s:%u: more than %d grants", place->name, number, GRANTS_MAX);
    else if (!grant_parse(line, look_up, place, &out->grants[out->count], &what))
        snprintf(why, ACCESS_WHY, "%s:%u: %.80s: %s", place->name, number, line, what);
    else
        out->count++;
    return why[0] == '\0';
}

static bool read_lines(const struct access_place *place, char *text, struct access_grants *out,
                       char why[static ACCESS_WHY])
{
    unsigned number = 1;
    for (char *line = text, *end; *line; line = end, number++) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        if (!read_line(place, line, number, out, why))
            return false;
    }
    return true;
}

/* -- the file -- */

static const char *check(const struct access_place *place, int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return strerrordesc_np(errno);
    if (!S_ISREG(status.st_mode))
        return "is no regular file";
    if (status.st_uid != 0 && status.st_uid != place->owner)
        return "must belong to root or to the signer's user";
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return "must be writable by its owner alone; chmod go-w it";
    return status.st_size > ACCESS_FILE_MAX ? "is longer than 64 KiB" : NULL;
}

bool access_file_read(const struct access_place *place, struct access_grants *out, char why[static ACCESS_WHY])
{
    static char text[ACCESS_FILE_MAX + 2];
    out->count = 0;
    why[0] = '\0';
    int fd = openat(place->directory, place->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        snprintf(why, ACCESS_WHY, "%s: %s", place->name, strerrordesc_np(errno));
        return false;
    }
    const char *wrong = check(place, fd);
    ssize_t length = wrong ? 0 : io_read_to_end(fd, text, sizeof text - 1);
    close(fd);
    if (!wrong && (length < 0 || length > ACCESS_FILE_MAX || memchr(text, '\0', (size_t)length)))
        wrong = "cannot be read as text";
    if (wrong) {
        snprintf(why, ACCESS_WHY, "%s: %s", place->name, wrong);
        return false;
    }
    if (length > 0 && text[length - 1] != '\n') {
        snprintf(why, ACCESS_WHY, "%s: the last line has no end, as if the file were cut off there", place->name);
        return false;
    }
    text[length] = '\0';
    return read_lines(place, text, out, why);
}
