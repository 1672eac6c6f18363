/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/restore.h"

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
#include <unistd.h>

#include "base/entries.h"
#include "ceremony/archive/restore_contents.h"
#include "ceremony/tool/parent_directory.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/restored.h"

struct restore {
    const struct archive *archive;
    struct owner owner;
    const char *target; /* as the caller named it, for messages */
    int parent;         /* descriptor of the target's parent directory */
    char name[NAME_MAX + 1];
    char beside[NAME_MAX + 1]; /* temporary name in `parent` under which an absent target is built */
    bool made;                 /* this run made that directory: it is removed if this fails, else left as it is */
    int root;                  /* descriptor of the directory that is filled */
};

static bool fail(const struct restore *restore, enum fault fault)
{
    if (restore->beside[0] && !restore->made) /* the cause may be in that directory, so name it */
        command_fail("%s: %s, built as %s: %s", fault_name(fault), restore->target, restore->beside,
                     fault_advice(fault));
    else
        tool_refuse(fault, restore->target);
    return false;
}

/* In a child that becomes the owner, so that the parent keeps the right to rename. No secret is involved. */
static bool write_as_owner(const struct restore *restore)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!tool_become(restore->owner.uid, restore->owner.gid) || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
            _exit(EXIT_REFUSED);
        enum fault fault = restore_contents_write(restore->root, restore->archive);
        if (fault)
            fail(restore, fault);
        fflush(NULL);
        _exit(fault ? EXIT_REFUSED : EXIT_DONE);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE;
}

/* -- the target -- */

enum place { PLACE_ABSENT, PLACE_EMPTY, PLACE_INCOMPLETE, PLACE_TAKEN, PLACE_NO_DIRECTORY, PLACE_CLOSED };

/* An entry that cannot be examined counts as present. */
static bool is_absent(int root, const char *name)
{
    return faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/* `lost+found` (the file system's) and temporary files (of a stopped restore) do not count. */
static enum place check_contents(int root)
{
    bool marked = faccessat(root, RESTORE_MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    bool whole = !is_absent(root, RESTORE_HEADER);
    DIR *entries = entries_open(root);
    enum place place = whole || !entries ? PLACE_TAKEN : marked ? PLACE_INCOMPLETE : PLACE_EMPTY;
    for (struct dirent *entry; place == PLACE_EMPTY && (entry = readdir(entries));)
        if (!entries_is_dots(entry->d_name) && strcmp(entry->d_name, "lost+found") != 0
            && !file_is_temporary(entry->d_name))
            place = PLACE_TAKEN;
    if (entries)
        closedir(entries);
    return place;
}

static enum place check_target(const char *target)
{
    int root = open(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0)
        return errno == ENOENT ? PLACE_ABSENT : errno == ENOTDIR || errno == ELOOP ? PLACE_NO_DIRECTORY : PLACE_CLOSED;
    enum place place = check_contents(root);
    close(root);
    return place;
}

bool restore_choose_owner(const char *target, const char *user, struct owner *out)
{
    struct stat status;
    if (user || geteuid() != 0)
        return owner_choose(user, out);
    if (lstat(target, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid == 0) {
        command_fail("%s: name the signer's own user with --user; the uids in an archive are not used", target);
        return false;
    }
    *out = (struct owner){ status.st_uid, status.st_gid };
    return true;
}

/* NULL, or what is wrong with the last part of a path. */
static const char *check_name(const char *name)
{
    if (!name || entries_is_dots(name))
        return "name the directory itself";
    return strlen(name) + sizeof "..restoring" > NAME_MAX ? strerror(ENAMETOOLONG) : NULL;
}

static bool open_parent(struct restore *restore)
{
    char path[PATH_MAX];
    const char *name = NULL, *wrong = strerror(ENAMETOOLONG);
    size_t length = strlen(restore->target);
    if (length < sizeof path) {
        memcpy(path, restore->target, length + 1);
        while (length > 1 && path[length - 1] == '/')
            path[--length] = '\0';
        restore->parent = tool_open_parent(path, &name);
        wrong = restore->parent < 0 && name ? strerror(errno) : check_name(name);
    }
    if (wrong) {
        command_fail("%s: %s", restore->target, wrong);
        return false;
    }
    memcpy(restore->name, name, strlen(name) + 1);
    return true;
}

/* A directory with the mark of another archive is refused: either that restore is run again, or an operator moves the
 * directory aside. It may also be a keystore that was in use and lost its header later. */
static bool is_of_this_archive(const struct restore *restore, int root)
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
        || (!fault && memcmp(mark.archive, restore->archive->trailer.claim.sha256, SHA256_SIZE) == 0);
}

/* Checked again under the lock: another restore may have finished in between, and then this is a keystore. A directory
 * under the temporary name may be complete, with only its rename missing. */
static bool is_still_free(const struct restore *restore, int root, const char *name, const struct stat *status)
{
    struct stat named;
    return fstatat(restore->parent, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == status->st_ino
        && named.st_dev == status->st_dev
        && ((check_contents(root) != PLACE_TAKEN && is_of_this_archive(restore, root))
            || (restore->beside[0] && faccessat(root, RESTORE_MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0));
}

/* Locks the directory against other restores, and gives it to the owner with mode 0700. */
static enum fault claim_root(const struct restore *restore, int root, const char *name)
{
    struct stat status;
    if (flock(root, LOCK_EX | LOCK_NB) != 0)
        return FAULT_STORE_BUSY;
    if (fstat(root, &status) != 0)
        return FAULT_STORE_IO;
    if (!is_still_free(restore, root, name, &status))
        return FAULT_TARGET_NOT_EMPTY;
    if (geteuid() != 0 && status.st_uid != restore->owner.uid)
        return FAULT_FILE_OWNER;
    bool ok = (geteuid() != 0 || fchown(root, restore->owner.uid, restore->owner.gid) == 0) && fchmod(root, 0700) == 0;
    return ok ? FAULT_NONE : FAULT_STORE_IO;
}

static bool open_root(struct restore *restore, const char *name)
{
    int root = openat(restore->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum fault fault = root < 0 ? FAULT_STORE_IO : claim_root(restore, root, name);
    if (fault) {
        fail(restore, fault);
        if (root >= 0)
            close(root);
        return false;
    }
    restore->root = root;
    return true;
}

static bool make_beside(struct restore *restore)
{
    snprintf(restore->beside, sizeof restore->beside, ".%.*s.restoring", NAME_MAX - 12, restore->name);
    restore->made = mkdirat(restore->parent, restore->beside, 0700) == 0;
    if (!restore->made && errno != EEXIST)
        return fail(restore, fault_of_errno());
    return open_root(restore, restore->beside);
}

static bool rename_into_place(const struct restore *restore)
{
    int result = renameat2(restore->parent, restore->beside, restore->parent, restore->name, RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS)
        && faccessat(restore->parent, restore->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        result = renameat(restore->parent, restore->beside, restore->parent, restore->name);
    if (result != 0)
        return fail(restore, errno == EEXIST ? FAULT_TARGET_NOT_EMPTY : FAULT_STORE_IO);
    return true;
}

/* After the rename: the keystore stays in place even if the sync fails. */
static bool sync_place(const struct restore *restore)
{
    int result;
    do
        result = fsync(restore->parent);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EACCES || fail(restore, FAULT_STORE_UNSYNCED);
}

static void drop_beside(const struct restore *restore)
{
    if (!restore->made || restore->root < 0 || restore_contents_empty(restore->root) != FAULT_NONE)
        return;
    (void)unlinkat(restore->root, RESTORE_MARK, 0);
    (void)unlinkat(restore->parent, restore->beside, AT_REMOVEDIR);
}

static bool build(struct restore *restore)
{
    if (make_beside(restore) && write_as_owner(restore) && rename_into_place(restore))
        return sync_place(restore);
    drop_beside(restore);
    return false;
}

static bool fill(struct restore *restore)
{
    if (!open_root(restore, restore->name))
        return false;
    if (write_as_owner(restore))
        return true;
    if (faccessat(restore->root, RESTORE_MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        fail(restore, FAULT_INCOMPLETE);
    return false;
}

static enum fault fault_of(enum place place)
{
    static const enum fault faults[] = { [PLACE_TAKEN] = FAULT_TARGET_NOT_EMPTY,
                                         [PLACE_NO_DIRECTORY] = FAULT_FILE_IRREGULAR,
                                         [PLACE_CLOSED] = FAULT_STORE_IO };
    return faults[place];
}

static bool fill_place(struct restore *restore, enum place place)
{
    enum fault fault = fault_of(place);
    return fault ? fail(restore, fault) : place == PLACE_ABSENT ? build(restore) : fill(restore);
}

bool restore_is_possible(const char *target)
{
    enum fault fault = fault_of(check_target(target));
    if (fault)
        tool_refuse(fault, target);
    return !fault;
}

bool restore_run(const struct archive *archive, const char *target, const struct owner *owner)
{
    struct restore restore = { .archive = archive, .owner = *owner, .target = target, .parent = -1, .root = -1 };
    struct parent_directory above;
    if (!parent_directory_make(&above, target, owner))
        return false;
    bool ok = open_parent(&restore);
    if (ok)
        ok = fill_place(&restore, check_target(target));
    if (restore.root >= 0)
        close(restore.root);
    if (restore.parent >= 0)
        close(restore.parent);
    if (!ok)
        parent_directory_undo(&above);
    return ok;
}
