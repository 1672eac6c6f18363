#include "ceremony/archive/restoring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/tool/progress.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"
#include "keystore/files/restored.h"

#define HEADER "keystore"
#define MARK "restored"

struct restoring {
    const struct archive *archive;
    struct owner owner;
    const char *target; /* as it was named, for messages */
    int parent;         /* of the target */
    char name[NAME_MAX + 1];
    char beside[NAME_MAX + 1]; /* where an absent target is built */
    bool made;                 /* that directory, just now; another is left as it is when this fails */
    int root;
};

static bool fail(const struct restoring *restoring, enum fault fault)
{
    if (restoring->beside[0] && !restoring->made) /* what is wrong may be wrong there */
        tool_fail("%s: %s, built as %s: %s", fault_name(fault), restoring->target, restoring->beside,
                  fault_advice(fault));
    else
        tool_refuse(fault, restoring->target);
    return false;
}

static enum fault fault_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? FAULT_STORE_FULL : FAULT_STORE_IO;
}

/* -- what a restore that was stopped left -- */

static int open_part(int root, enum part part)
{
    const char *name = part == PART_ROOT ? "." : kinds_part_name(part);
    return openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Files of a keystore's kinds alone; the mark goes last, for without it the rest is nobody's. */
static bool is_to_remove(enum part part, const char *name)
{
    return !is_dots(name) && kinds_of(part, name) != KIND_STRAY && (part != PART_ROOT || strcmp(name, MARK) != 0);
}

static enum fault empty_part(int root, enum part part)
{
    int fd = open_part(root, part);
    if (fd < 0)
        return errno == ENOENT ? FAULT_NONE : FAULT_STORE_IO;
    DIR *entries = fdopendir(fd);
    enum fault fault = entries ? FAULT_NONE : FAULT_STORE_IO;
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (is_to_remove(part, entry->d_name) && unlinkat(fd, entry->d_name, 0) != 0 && errno != EISDIR)
            fault = FAULT_STORE_IO;
    if (entries)
        closedir(entries);
    else
        close(fd);
    if (!fault && part != PART_ROOT && unlinkat(root, kinds_part_name(part), AT_REMOVEDIR) != 0)
        fault = errno == ENOTEMPTY || errno == EEXIST ? FAULT_TARGET_NOT_EMPTY : FAULT_STORE_IO;
    return fault;
}

static enum fault empty(int root)
{
    enum fault fault = FAULT_NONE;
    for (enum part part = PART_COUNT; !fault && part-- > PART_ROOT;)
        fault = empty_part(root, part);
    return fault;
}

/* What is nobody's must not become part of a keystore, and is not ours to remove. */
static enum fault judge_strays(int root)
{
    enum fault fault = FAULT_NONE;
    for (enum part part = PART_ROOT; !fault && part < PART_COUNT; part++) {
        int fd = open_part(root, part);
        DIR *entries = fd < 0 ? NULL : fdopendir(fd);
        if (!entries && !(fd < 0 && errno == ENOENT))
            fault = FAULT_STORE_IO;
        for (struct dirent *entry; entries && !fault && (entry = readdir(entries));)
            if (!is_dots(entry->d_name) && kinds_of(part, entry->d_name) == KIND_STRAY)
                fault = FAULT_TARGET_NOT_EMPTY;
        if (entries)
            closedir(entries);
    }
    return fault;
}

/* -- writing, as the owner -- */

static enum fault write_file(int dir, const char *name, const uint8_t *bytes, size_t length)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum fault fault = fd < 0 ? fault_of_errno() : FAULT_NONE;
    for (size_t done = 0; !fault && done < length;) {
        ssize_t n = write(fd, bytes + done, length - done);
        if (n < 0 && errno != EINTR)
            fault = fault_of_errno();
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0 && close(fd) != 0 && !fault)
        fault = fault_of_errno();
    return fault;
}

static enum fault write_mark(const struct restoring *restoring)
{
    const struct trailer *trailer = &restoring->archive->trailer;
    struct restored mark = { .made = trailer->claim.time, .restored = (uint64_t)time(NULL) };
    uint8_t text[RESTORED_MAX];
    memcpy(mark.keystore_id, trailer->claim.keystore_id, KEYSTORE_ID_SIZE);
    memcpy(mark.archive, trailer->claim.sha256, SHA256_SIZE);
    return file_replace(restoring->root, MARK, text, restored_encode(&mark, text));
}

static enum fault make_parts(int root)
{
    for (enum part part = PART_KEYS; part < PART_COUNT; part++)
        if (mkdirat(root, kinds_part_name(part), 0700) != 0)
            return fault_of_errno();
    return write_file(root, "lock", NULL, 0);
}

typedef enum fault each_file(int dir, const struct archive_file *file, const uint8_t *content);

static enum fault write_one(int dir, const struct archive_file *file, const uint8_t *content)
{
    return write_file(dir, file->name, content, file->size);
}

/* A disk or a file system that lies about a write is found before the header makes it a keystore. */
static enum fault compare_one(int dir, const struct archive_file *file, const uint8_t *content)
{
    static uint8_t found[RECORD_MAX];
    size_t length;
    enum fault fault = file_read(dir, file->name, geteuid(), found, sizeof found, &length, NULL);
    if (!fault && (length != file->size || memcmp(found, content, length) != 0))
        fault = FAULT_STORE_IO;
    return fault;
}

/* Every file but the header. */
static enum fault for_each_file(const struct restoring *restoring, const char *what, each_file *visit)
{
    static uint8_t content[RECORD_MAX];
    const struct manifest *manifest = &restoring->archive->manifest;
    struct progress progress;
    enum fault fault = FAULT_NONE;
    int dirs[PART_COUNT] = { -1, -1, -1, -1 };
    for (enum part part = PART_KEYS; !fault && part < PART_COUNT; part++)
        if ((dirs[part] = open_part(restoring->root, part)) < 0)
            fault = FAULT_STORE_IO;
    progress_begin(&progress, what, manifest->count);
    for (size_t i = 1; !fault && i < manifest->count; i++) {
        fault = archive_read(restoring->archive, &manifest->files[i], content);
        if (!fault)
            fault = visit(dirs[manifest->files[i].part], &manifest->files[i], content);
        progress_step(&progress, i + 1);
    }
    progress_end(&progress);
    for (enum part part = PART_KEYS; part < PART_COUNT; part++)
        if (dirs[part] >= 0)
            close(dirs[part]);
    return fault;
}

/* From here on it is a keystore. */
static enum fault write_header(const struct restoring *restoring)
{
    uint8_t bytes[HEADER_FILE_MAX];
    const struct archive_file *file = &restoring->archive->manifest.files[0];
    enum fault fault = archive_read(restoring->archive, file, bytes);
    return fault ? fault : file_publish(restoring->root, HEADER, bytes, file->size);
}

static enum fault write_all(const struct restoring *restoring)
{
    enum fault fault = judge_strays(restoring->root);
    if (!fault)
        fault = write_mark(restoring);
    if (!fault)
        fault = empty(restoring->root);
    if (!fault)
        fault = make_parts(restoring->root);
    if (!fault)
        fault = for_each_file(restoring, "restoring", write_one);
    if (!fault && syncfs(restoring->root) != 0)
        fault = fault_of_errno();
    if (!fault)
        fault = for_each_file(restoring, "comparing", compare_one);
    return fault ? fault : write_header(restoring);
}

/* In a child, so that the parent keeps the right to rename. It needs no secret, and has none. */
static bool write_as_owner(const struct restoring *restoring)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!tool_become(restoring->owner.uid, restoring->owner.gid) || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
            _exit(EXIT_REFUSED);
        enum fault fault = write_all(restoring);
        if (fault)
            fail(restoring, fault);
        fflush(NULL);
        _exit(fault ? EXIT_REFUSED : EXIT_DONE);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE;
}

/* -- the target -- */

enum place { PLACE_ABSENT, PLACE_EMPTY, PLACE_INCOMPLETE, PLACE_TAKEN, PLACE_NO_DIRECTORY };

/* What cannot be looked at counts as there. */
static bool is_absent(int root, const char *name)
{
    return faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/* `lost+found` is of the file system, and a temporary file of a restore that was stopped at its first. */
static enum place judge_contents(int root)
{
    bool marked = faccessat(root, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    bool whole = !is_absent(root, HEADER);
    int copy = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    enum place place = whole || !entries ? PLACE_TAKEN : marked ? PLACE_INCOMPLETE : PLACE_EMPTY;
    for (struct dirent *entry; place == PLACE_EMPTY && (entry = readdir(entries));)
        if (!is_dots(entry->d_name) && strcmp(entry->d_name, "lost+found") != 0 && !file_is_temporary(entry->d_name))
            place = PLACE_TAKEN;
    if (entries)
        closedir(entries);
    return place;
}

static enum place judge_target(const char *target)
{
    int root = open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0)
        return errno == ENOENT ? PLACE_ABSENT : PLACE_NO_DIRECTORY;
    enum place place = judge_contents(root);
    close(root);
    return place;
}

bool restoring_owner(const char *target, const char *user, struct owner *out)
{
    struct stat status;
    if (user || geteuid() != 0)
        return owner_choose(user, out);
    if (lstat(target, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid == 0) {
        tool_fail("%s: name the signer's own user with --user; the uids of an archive are nobody's", target);
        return false;
    }
    *out = (struct owner){ status.st_uid, status.st_gid };
    return true;
}

/* NULL, or what is wrong with the last part of a path. */
static const char *judge_name(const char *name)
{
    if (!name || is_dots(name))
        return "name the directory itself";
    return strlen(name) + sizeof "..restoring" > NAME_MAX ? strerror(ENAMETOOLONG) : NULL;
}

static bool open_parent(struct restoring *restoring)
{
    char path[PATH_MAX];
    const char *name = NULL, *wrong = strerror(ENAMETOOLONG);
    size_t length = strlen(restoring->target);
    if (length < sizeof path) {
        memcpy(path, restoring->target, length + 1);
        while (length > 1 && path[length - 1] == '/')
            path[--length] = '\0';
        restoring->parent = tool_open_parent(path, &name);
        wrong = restoring->parent < 0 && name ? strerror(errno) : judge_name(name);
    }
    if (wrong) {
        tool_fail("%s: %s", restoring->target, wrong);
        return false;
    }
    memcpy(restoring->name, name, strlen(name) + 1);
    return true;
}

/* A restore of another archive was stopped here: that one goes on, or somebody moves it aside. What lost its
 * header later is a keystore that signed. */
static bool is_of_this_archive(const struct restoring *restoring, int root)
{
    struct directory directory = DIRECTORY_CLOSED;
    struct restored mark;
    struct stat status;
    directory.root = root;
    if (fstat(root, &status) != 0)
        return false;
    directory.owner = status.st_uid;
    enum fault fault = restored_read(&directory, &mark);
    return fault == FAULT_FILE_MISSING
        || (!fault && memcmp(mark.archive, restoring->archive->trailer.claim.sha256, SHA256_SIZE) == 0);
}

/* Another restore may have ended between the look at the name and the lock: then this is a keystore. What is
 * built beside may be whole, and only its rename be missing. */
static bool is_still_free(const struct restoring *restoring, int root, const char *name, const struct stat *status)
{
    struct stat named;
    return fstatat(restoring->parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == status->st_ino
        && named.st_dev == status->st_dev
        && ((judge_contents(root) != PLACE_TAKEN && is_of_this_archive(restoring, root))
            || (restoring->beside[0] && faccessat(root, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0));
}

/* Ours, closed to others, and nobody else is at it. */
static enum fault take_root(const struct restoring *restoring, int root, const char *name)
{
    struct stat status;
    if (flock(root, LOCK_EX | LOCK_NB) != 0)
        return FAULT_STORE_BUSY;
    if (fstat(root, &status) != 0)
        return FAULT_STORE_IO;
    if (!is_still_free(restoring, root, name, &status))
        return FAULT_TARGET_NOT_EMPTY;
    if (geteuid() != 0 && status.st_uid != restoring->owner.uid)
        return FAULT_FILE_OWNER;
    bool ok = (geteuid() != 0 || fchown(root, restoring->owner.uid, restoring->owner.gid) == 0)
        && fchmod(root, 0700) == 0;
    return ok ? FAULT_NONE : FAULT_STORE_IO;
}

static bool open_root(struct restoring *restoring, const char *name)
{
    int root = openat(restoring->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum fault fault = root < 0 ? FAULT_STORE_IO : take_root(restoring, root, name);
    if (fault) {
        fail(restoring, fault);
        if (root >= 0)
            close(root);
        return false;
    }
    restoring->root = root;
    return true;
}

static bool make_beside(struct restoring *restoring)
{
    snprintf(restoring->beside, sizeof restoring->beside, ".%.*s.restoring", NAME_MAX - 12, restoring->name);
    restoring->made = mkdirat(restoring->parent, restoring->beside, 0700) == 0;
    if (!restoring->made && errno != EEXIST)
        return fail(restoring, fault_of_errno());
    return open_root(restoring, restoring->beside);
}

static bool rename_into_place(const struct restoring *restoring)
{
    int result = renameat2(restoring->parent, restoring->beside, restoring->parent, restoring->name, RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS)
        && faccessat(restoring->parent, restoring->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        result = renameat(restoring->parent, restoring->beside, restoring->parent, restoring->name);
    if (result != 0)
        return fail(restoring, errno == EEXIST ? FAULT_TARGET_NOT_EMPTY : FAULT_STORE_IO);
    return true;
}

/* What is in its place already stays there, whatever comes of it. */
static bool sync_place(const struct restoring *restoring)
{
    int result;
    do
        result = fsync(restoring->parent);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EACCES || fail(restoring, FAULT_STORE_UNSYNCED);
}

static void drop_beside(const struct restoring *restoring)
{
    if (!restoring->made || restoring->root < 0 || empty(restoring->root) != FAULT_NONE)
        return;
    (void)unlinkat(restoring->root, MARK, 0);
    (void)unlinkat(restoring->parent, restoring->beside, AT_REMOVEDIR);
}

static bool build(struct restoring *restoring)
{
    if (make_beside(restoring) && write_as_owner(restoring) && rename_into_place(restoring))
        return sync_place(restoring);
    drop_beside(restoring);
    return false;
}

static bool fill(struct restoring *restoring)
{
    if (!open_root(restoring, restoring->name))
        return false;
    if (write_as_owner(restoring))
        return true;
    if (faccessat(restoring->root, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        fail(restoring, FAULT_INCOMPLETE);
    return false;
}

bool restoring_run(const struct archive *archive, const char *target, const struct owner *owner)
{
    struct restoring restoring = { .archive = archive, .owner = *owner, .target = target, .parent = -1, .root = -1 };
    bool ok = open_parent(&restoring);
    if (ok)
        switch (judge_target(target)) {
        case PLACE_ABSENT: ok = build(&restoring); break;
        case PLACE_EMPTY:
        case PLACE_INCOMPLETE: ok = fill(&restoring); break;
        case PLACE_TAKEN: ok = fail(&restoring, FAULT_TARGET_NOT_EMPTY); break;
        case PLACE_NO_DIRECTORY: ok = fail(&restoring, FAULT_FILE_IRREGULAR); break;
        }
    if (restoring.root >= 0)
        close(restoring.root);
    if (restoring.parent >= 0)
        close(restoring.parent);
    return ok;
}
