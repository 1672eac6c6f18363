/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/restore.h"

#include <limits.h>
#include <sys/file.h>

#include "keystore/files/restored.h"
#include "tests/unit/archive_sample.h"
#include "tests/unit/said.h"

enum { NAME = 160, NOBODY = 65534 };

static struct archive archive;
static struct owner owner;

static bool prepare(void)
{
    owner = (struct owner){ geteuid(), getegid() };
    return sample_make() && unit_make_directory() && sample_write(unit_path("archive.tar"), true)
        && archive_open(unit_path("archive.tar"), &archive) == FAULT_NONE;
}

static bool restores_at(const char *target)
{
    said_begin();
    bool ok = said_end(restore_run(&archive, target, &owner));
    CU_ASSERT(ok == (said[0] == '\0'));
    return ok;
}

static bool restores(const char *target)
{
    return restores_at(unit_path(target));
}

static bool refuses(const char *target, const char *reason)
{
    return !restores(target) && strstr(said, reason);
}

static const char *in(const char *target, const char *name)
{
    char path[NAME];
    snprintf(path, sizeof path, "%.60s/%.90s", target, name);
    return unit_path(path);
}

static bool add_file(const char *target, const char *name, const char *content)
{
    return unit_write(in(target, name), content, strlen(content), 0600);
}

static void remove_target(const char *target)
{
    nftw(unit_path(target), unit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool is_theirs(const char *path, unsigned mode)
{
    struct stat status;
    return lstat(path, &status) == 0 && status.st_uid == owner.uid && status.st_gid == owner.gid
        && (status.st_mode & 07777) == mode;
}

static bool has_files(const char *target)
{
    bool all = true;
    for (size_t i = 0; i < SAMPLE_FILES; i++) {
        char path[TAR_NAME_MAX];
        manifest_path(&sample.files[i], path);
        all = all && unit_holds(in(target, path), sample.contents[i], sample.files[i].size)
            && is_theirs(in(target, path), 0600);
    }
    return all;
}

static bool has_parts(const char *target)
{
    return is_theirs(unit_path(target), 0700) && is_theirs(in(target, "keys"), 0700)
        && is_theirs(in(target, "certs"), 0700) && is_theirs(in(target, "records"), 0700)
        && is_theirs(in(target, "lock"), 0600) && is_theirs(in(target, "restored"), 0600);
}

static bool has_mark(const struct directory *directory)
{
    struct restored mark;
    return restored_read(directory, &mark) == FAULT_NONE && mark.made == SAMPLE_TIME && mark.restored > mark.made
        && memcmp(mark.archive, archive.trailer.claim.sha256, SHA256_SIZE) == 0
        && memcmp(mark.keystore_id, sample.header.keystore_id, KEYSTORE_ID_SIZE) == 0;
}

/* A keystore with the sample's files, and the mark. */
static bool is_whole(const char *target)
{
    struct directory directory;
    struct header header;
    struct key_list keys = { 0 };
    if (directory_open(unit_path(target), &directory) != FAULT_NONE)
        return false;
    bool ok = directory_read_header(&directory, &header) == FAULT_NONE
        && header_check(&header, &sample.kek) == FAULT_NONE && has_mark(&directory)
        && directory_list_keys(&directory, &keys) == FAULT_NONE && keys.count == 2;
    directory_free_list(&keys);
    directory_close(&directory);
    return ok && has_files(target) && has_parts(target);
}

static bool is_incomplete(const char *target)
{
    struct directory directory;
    struct header header;
    enum fault fault = directory_open(unit_path(target), &directory);
    if (!fault)
        fault = directory_read_header(&directory, &header);
    directory_close(&directory);
    return fault == FAULT_INCOMPLETE;
}

/* -- targets -- */

static void test_an_absent_directory_becomes_the_keystore(void)
{
    mode_t saved = umask(0);
    CU_ASSERT(restores("ks") && is_whole("ks") && !unit_exists(unit_path(".ks.restoring")));
    umask(saved);
}

static void test_an_empty_directory_becomes_the_keystore(void)
{
    CU_ASSERT(mkdir(unit_path("empty"), 0755) == 0 && restores("empty") && is_whole("empty"));
    CU_ASSERT(!unit_exists(unit_path(".empty.restoring")));
}

static void test_a_path_that_ends_in_slashes_is_restored_to(void)
{
    CU_ASSERT(restores("slashes///") && is_whole("slashes"));
    CU_ASSERT(mkdir(unit_path("slashed"), 0700) == 0 && restores("slashed/") && is_whole("slashed"));
}

static void test_a_relative_path_is_restored_to(void)
{
    char here[PATH_MAX];
    UNIT_NEED(getcwd(here, sizeof here) && chdir(unit_directory) == 0);
    CU_ASSERT(restores_at("relative") && restores_at("./relative-2"));
    CU_ASSERT(chdir(here) == 0 && is_whole("relative") && is_whole("relative-2"));
}

static void test_a_mount_point_is_restored_to_where_it_is(void)
{
    CU_ASSERT(mkdir(unit_path("volume"), 0700) == 0 && mkdir(unit_path("volume/lost+found"), 0700) == 0);
    CU_ASSERT(add_file("volume", "lost+found/#123", "found") && add_file("volume", ".tmp-restored", "half"));
    CU_ASSERT(restores("volume") && is_whole("volume") && unit_exists(unit_path("volume/lost+found/#123")));
    CU_ASSERT(!unit_exists(unit_path("volume/.tmp-restored")));
}

static void test_a_directory_with_something_in_it_is_never_touched(void)
{
    static const char *const found[] = { "letter", "lock", ".hidden", "keys", "keystore", "lost+foun" };
    for (size_t i = 0; i < UNIT_COUNT(found); i++) {
        UNIT_NEED(mkdir(unit_path("taken"), 0755) == 0 && add_file("taken", found[i], "mine"));
        CU_ASSERT(refuses("taken", "TARGET_NOT_EMPTY") && unit_holds(in("taken", found[i]), "mine", 4));
        CU_ASSERT(unit_mode(unit_path("taken")) == 0755 && !unit_exists(in("taken", "restored")));
        remove_target("taken");
    }
}

static void test_a_whole_keystore_is_not_restored_again(void)
{
    UNIT_NEED(restores("twice") && is_whole("twice"));
    CU_ASSERT(refuses("twice", "TARGET_NOT_EMPTY") && is_whole("twice"));
    CU_ASSERT(unlink(unit_path("twice/restored")) == 0 && refuses("twice", "TARGET_NOT_EMPTY"));
    CU_ASSERT(has_files("twice") && !unit_exists(unit_path("twice/restored")));
}

static void test_a_target_that_is_no_directory_is_refused(void)
{
    CU_ASSERT(add_file(".", "file", "mine") && refuses("file", "FILE_IRREGULAR")
              && unit_holds(unit_path("file"), "mine", 4));
    CU_ASSERT(mkfifo(unit_path("fifo"), 0600) == 0 && refuses("fifo", "FILE_IRREGULAR"));
    CU_ASSERT(mkdir(unit_path("linked"), 0700) == 0 && symlink("linked", unit_path("link")) == 0);
    CU_ASSERT(refuses("link", "FILE_IRREGULAR") && !restores("link/") && rmdir(unit_path("linked")) == 0);
    CU_ASSERT(!restores("link") && !restores("link/") && !unit_exists(unit_path("linked")));
    CU_ASSERT(!unit_exists(unit_path(".link.restoring")) && unlink(unit_path("link")) == 0);
}

static void test_a_target_without_a_name_is_refused(void)
{
    static const char *const none[] = { "", "/", "//", ".", "..", "/..", "/tmp/." };
    for (size_t i = 0; i < UNIT_COUNT(none); i++)
        CU_ASSERT(!restores_at(none[i]) && strstr(said, "name the directory itself"));
    CU_ASSERT(refuses("absent/more/ks", "No such file") && refuses("archive.tar/ks", "Not a directory"));
}

static void test_a_target_with_too_long_a_name_is_refused(void)
{
    static char path[PATH_MAX + 64];
    for (size_t length = NAME_MAX - 16; length <= NAME_MAX + 1; length++) {
        int size = snprintf(path, sizeof path, "%s/", unit_directory);
        memset(path + size, 'n', length);
        path[(size_t)size + length] = '\0';
        bool ok = restores_at(path);
        CU_ASSERT(ok == (length <= NAME_MAX - 12)); /* with a dot before and ".restoring" behind it is a name too */
        CU_ASSERT(ok || strstr(said, "File name too long"));
    }
}

static void test_a_target_with_too_long_a_path_is_refused(void)
{
    static char path[PATH_MAX + 64];
    int size = snprintf(path, sizeof path, "%s/", unit_directory);
    memset(path + size, 'n', sizeof path - (size_t)size);
    for (size_t length = PATH_MAX - 2; length < sizeof path; length++) {
        path[length] = '\0';
        CU_ASSERT(!restores_at(path) && strstr(said, "File name too long"));
        path[length] = 'n';
    }
}

/* -- what a stopped one left -- */

static void test_an_incomplete_restore_is_repeated(void)
{
    UNIT_NEED(restores("again") && is_whole("again") && unlink(unit_path("again/keystore")) == 0
              && is_incomplete("again"));
    CU_ASSERT(add_file("again", "keys/ca.key", "half") && add_file("again", "keys/older.key", "other")
              && add_file("again", "lock", "x") && add_file("again", "certs/.tmp-1", "")
              && unlink(unit_path("again/records/transcript-000001.txt")) == 0);
    CU_ASSERT(restores("again") && is_whole("again") && !unit_exists(unit_path("again/keys/older.key"))
              && !unit_exists(unit_path("again/certs/.tmp-1")));
}

/* Of another archive it may be a keystore that lost its header, and has signed. */
static void test_a_mark_of_another_archive_is_no_invitation(void)
{
    UNIT_NEED(mkdir(unit_path("marked"), 0700) == 0 && add_file("marked", "restored", ""));
    CU_ASSERT(is_incomplete("marked") && refuses("marked", "TARGET_NOT_EMPTY") && is_incomplete("marked"));
    CU_ASSERT(unlink(unit_path("marked/restored")) == 0 && restores("marked") && is_whole("marked"));
}

static void test_a_stray_in_an_incomplete_one_stays(void)
{
    UNIT_NEED(restores("strayed") && unlink(unit_path("strayed/keystore")) == 0
              && add_file("strayed", "keys/letter", "mine"));
    CU_ASSERT(refuses("strayed", "TARGET_NOT_EMPTY") && strstr(said, "INCOMPLETE") && is_incomplete("strayed"));
    CU_ASSERT(unit_holds(unit_path("strayed/keys/letter"), "mine", 4));
    CU_ASSERT(unlink(unit_path("strayed/keys/letter")) == 0 && add_file("strayed", "letter", "mine"));
    CU_ASSERT(refuses("strayed", "TARGET_NOT_EMPTY") && unit_holds(unit_path("strayed/letter"), "mine", 4));
    CU_ASSERT(unlink(unit_path("strayed/letter")) == 0 && restores("strayed") && is_whole("strayed"));
}

static void test_a_directory_beside_it_is_taken_over(void)
{
    UNIT_NEED(mkdir(unit_path(".beside.restoring"), 0700) == 0
              && mkdir(unit_path(".beside.restoring/keys"), 0700) == 0);
    CU_ASSERT(add_file(".beside.restoring", "restored", "") && add_file(".beside.restoring", "keys/ca.key", "half")
              && add_file(".beside.restoring", "keys/older.key", "other")
              && add_file(".beside.restoring", "keystore", "header"));
    CU_ASSERT(restores("beside") && is_whole("beside") && !unit_exists(unit_path(".beside.restoring"))
              && !unit_exists(unit_path("beside/keys/older.key")));
}

static void test_a_stray_in_the_directory_beside_it_stays(void)
{
    UNIT_NEED(mkdir(unit_path(".odd.restoring"), 0700) == 0 && mkdir(unit_path(".odd.restoring/records"), 0700) == 0
              && add_file(".odd.restoring", "restored", "") && add_file(".odd.restoring", "records/letter", "mine"));
    CU_ASSERT(refuses("odd", "TARGET_NOT_EMPTY") && !unit_exists(unit_path("odd")));
    CU_ASSERT(unit_holds(unit_path(".odd.restoring/records/letter"), "mine", 4));
    CU_ASSERT(unlink(unit_path(".odd.restoring/records/letter")) == 0 && add_file(".odd.restoring", "letter", "mine"));
    CU_ASSERT(refuses("odd", "TARGET_NOT_EMPTY") && unit_holds(unit_path(".odd.restoring/letter"), "mine", 4));
    CU_ASSERT(unlink(unit_path(".odd.restoring/letter")) == 0 && restores("odd") && is_whole("odd"));
}

static void test_a_file_in_place_of_the_directory_beside_it_is_refused(void)
{
    CU_ASSERT(add_file(".", ".none.restoring", "mine") && !restores("none") && !unit_exists(unit_path("none")));
    CU_ASSERT(unit_holds(unit_path(".none.restoring"), "mine", 4) && unlink(unit_path(".none.restoring")) == 0);
    CU_ASSERT(mkdir(unit_path("elsewhere"), 0700) == 0 && add_file("elsewhere", "lock", "mine")
              && symlink("elsewhere", unit_path(".none.restoring")) == 0);
    CU_ASSERT(!restores("none") && unit_holds(unit_path("elsewhere/lock"), "mine", 4));
    CU_ASSERT(unlink(unit_path(".none.restoring")) == 0);
}

static void test_a_target_that_another_restore_works_at_is_refused(void)
{
    UNIT_NEED(mkdir(unit_path(".busy.restoring"), 0700) == 0 && mkdir(unit_path("busy-2"), 0700) == 0
              && add_file(".busy.restoring", "restored", "") && add_file(".busy.restoring", "lock", "theirs"));
    int beside = open(unit_path(".busy.restoring"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int target = open(unit_path("busy-2"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    UNIT_NEED(flock(beside, LOCK_EX | LOCK_NB) == 0 && flock(target, LOCK_EX | LOCK_NB) == 0);
    CU_ASSERT(refuses("busy", "STORE_BUSY") && unit_holds(unit_path(".busy.restoring/lock"), "theirs", 6));
    CU_ASSERT(refuses("busy-2", "STORE_BUSY") && !unit_exists(unit_path("busy-2/restored")));
    close(beside);
    close(target);
    CU_ASSERT(restores("busy") && restores("busy-2") && is_whole("busy") && is_whole("busy-2"));
}

/* -- archives that change -- */

static bool flip(size_t file)
{
    uint8_t byte = 0;
    int fd = open(unit_path("archive.tar"), O_RDWR | O_CLOEXEC);
    off_t at = (off_t)archive.offsets[file];
    bool ok = pread(fd, &byte, 1, at) == 1;
    byte ^= 1;
    ok = ok && pwrite(fd, &byte, 1, at) == 1;
    close(fd);
    return ok;
}

/* Each file with a content in turn, the header the last. */
static void test_an_archive_that_changes_meanwhile_makes_no_keystore(void)
{
    for (size_t file = 0; file < SAMPLE_FILES - 1; file++) {
        UNIT_NEED(flip(file) && mkdir(unit_path("filled"), 0700) == 0);
        CU_ASSERT(refuses("built", "ARCHIVE_CORRUPT") && !unit_exists(unit_path("built"))
                  && !unit_exists(unit_path(".built.restoring")));
        CU_ASSERT(refuses("filled", "ARCHIVE_CORRUPT") && strstr(said, "INCOMPLETE") && is_incomplete("filled"));
        UNIT_NEED(flip(file));
        CU_ASSERT(restores("filled") && is_whole("filled"));
        remove_target("filled");
    }
}

/* -- owners -- */

static void test_root_restores_for_another(void)
{
    if (geteuid() != 0)
        return;
    owner = (struct owner){ NOBODY, NOBODY - 1 };
    CU_ASSERT(restores("theirs") && is_whole("theirs"));
    CU_ASSERT(mkdir(unit_path("theirs-2"), 0700) == 0 && restores("theirs-2") && is_whole("theirs-2"));
    CU_ASSERT(unlink(unit_path("theirs-2/keystore")) == 0 && restores("theirs-2") && is_whole("theirs-2"));
    owner = (struct owner){ 0, getegid() };
    CU_ASSERT(geteuid() == 0); /* a child gave up its rights, we did not */
}

static void restore_as_nobody(void)
{
    UNIT_NEED(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    owner = (struct owner){ NOBODY, NOBODY };
    CU_ASSERT(restores("home/ks") && is_whole("home/ks"));
    CU_ASSERT(mkdir(unit_path("home/empty"), 0755) == 0 && restores("home/empty") && is_whole("home/empty"));
    CU_ASSERT(!restores("roots") && !restores("absent-here") && !unit_exists(unit_path("absent-here")));
    CU_ASSERT(restores("given") && is_whole("given")); /* ours, in a directory that is not */
    CU_ASSERT(refuses("home/roots", "FILE_OWNER"));
}

static void test_others_restore_for_themselves(void)
{
    if (geteuid() != 0)
        return;
    UNIT_NEED(mkdir(unit_path("home"), 0700) == 0 && chown(unit_path("home"), NOBODY, NOBODY) == 0);
    UNIT_NEED(mkdir(unit_path("roots"), 0755) == 0 && mkdir(unit_path("home/roots"), 0777) == 0
              && chmod(unit_path("home/roots"), 0777) == 0 && mkdir(unit_path("given"), 0700) == 0
              && chown(unit_path("given"), NOBODY, NOBODY) == 0 && chmod(unit_directory, 0755) == 0);
    unit_child(restore_as_nobody);
    CU_ASSERT(chmod(unit_directory, 0700) == 0 && unit_mode(unit_path("home/roots")) == 0777);
}

static bool owns(const char *target, const char *user, struct owner *out)
{
    said_begin();
    return said_end(restore_choose_owner(unit_path(target), user, out));
}

static void test_a_restored_keystore_belongs_to_whom_it_was_restored_for(void)
{
    struct owner out;
    if (geteuid() != 0)
        return;
    UNIT_NEED(mkdir(unit_path("whose"), 0700) == 0);
    CU_ASSERT(!owns("whose", NULL, &out) && strstr(said, "--user") && !owns("nowhere", NULL, &out));
    CU_ASSERT(chown(unit_path("whose"), 4242, 4243) == 0 && owns("whose", NULL, &out) && out.uid == 4242
              && out.gid == 4243);
    CU_ASSERT(owns("whose", "root", &out) && out.uid == 0); /* who is named goes before who is there */
    CU_ASSERT(owns("nowhere", "nobody", &out) && out.uid != 0 && !owns("nowhere", "no-such-user", &out));
    CU_ASSERT(symlink("whose", unit_path("whose-link")) == 0 && !owns("whose-link", NULL, &out));
    CU_ASSERT(add_file(".", "whose-file", "") && chown(unit_path("whose-file"), 4242, 4242) == 0
              && !owns("whose-file", NULL, &out));
}

static void own_as_nobody(void)
{
    struct owner out;
    UNIT_NEED(setuid(NOBODY) == 0);
    CU_ASSERT(owns("nowhere", NULL, &out) && out.uid == NOBODY && !owns("nowhere", "root", &out));
}

static void test_others_own_what_they_restore(void)
{
    if (geteuid() == 0)
        unit_child(own_as_nobody);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_absent_directory_becomes_the_keystore),
        UNIT_TEST(test_an_empty_directory_becomes_the_keystore),
        UNIT_TEST(test_a_path_that_ends_in_slashes_is_restored_to),
        UNIT_TEST(test_a_relative_path_is_restored_to),
        UNIT_TEST(test_a_mount_point_is_restored_to_where_it_is),
        UNIT_TEST(test_a_directory_with_something_in_it_is_never_touched),
        UNIT_TEST(test_a_whole_keystore_is_not_restored_again),
        UNIT_TEST(test_a_target_that_is_no_directory_is_refused),
        UNIT_TEST(test_a_target_without_a_name_is_refused),
        UNIT_TEST(test_a_target_with_too_long_a_name_is_refused),
        UNIT_TEST(test_a_target_with_too_long_a_path_is_refused),
        UNIT_TEST(test_an_incomplete_restore_is_repeated),
        UNIT_TEST(test_a_mark_of_another_archive_is_no_invitation),
        UNIT_TEST(test_a_stray_in_an_incomplete_one_stays),
        UNIT_TEST(test_a_directory_beside_it_is_taken_over),
        UNIT_TEST(test_a_stray_in_the_directory_beside_it_stays),
        UNIT_TEST(test_a_file_in_place_of_the_directory_beside_it_is_refused),
        UNIT_TEST(test_a_target_that_another_restore_works_at_is_refused),
        UNIT_TEST(test_an_archive_that_changes_meanwhile_makes_no_keystore),
        UNIT_TEST(test_root_restores_for_another),
        UNIT_TEST(test_others_restore_for_themselves),
        UNIT_TEST(test_a_restored_keystore_belongs_to_whom_it_was_restored_for),
        UNIT_TEST(test_others_own_what_they_restore),
    };
    int result = prepare() ? UNIT_RUN("restoring", tests) : 1;
    archive_close(&archive);
    unit_remove_directory();
    return result;
}
