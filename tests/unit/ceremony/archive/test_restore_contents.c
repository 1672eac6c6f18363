/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/restore_contents.h"

#include "keystore/files/restored.h"
#include "tests/unit/archive_sample.h"
#include "tests/unit/said.h"

static struct archive archive;
static char target[64];
static int root = -1;

static bool prepare(void)
{
    return sample_make() && unit_make_directory() && sample_write(unit_path("archive.tar"), true)
        && archive_open(unit_path("archive.tar"), &archive) == FAULT_NONE;
}

static bool open_target(const char *name)
{
    snprintf(target, sizeof target, "%s", name);
    if (mkdir(unit_path(name), 0700) != 0)
        return false;
    root = open(unit_path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root >= 0;
}

static const char *in_target(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", target, name);
    return unit_path(path);
}

static bool add_file(const char *name)
{
    return unit_write(in_target(name), "x", 1, 0600);
}

static enum fault restore(void)
{
    said_begin();
    enum fault fault = restore_contents_write(root, &archive);
    (void)said_end(true);
    return fault;
}

static bool has_every_file(void)
{
    bool all = true;
    for (size_t i = 0; i < SAMPLE_FILES; i++) {
        char path[TAR_NAME_MAX];
        manifest_path(&sample.files[i], path);
        all = all && unit_holds(in_target(path), sample.contents[i], sample.files[i].size)
            && unit_mode(in_target(path)) == 0600;
    }
    return all;
}

static void test_an_archive_is_written_with_every_file_and_the_mark(void)
{
    UNIT_NEED(open_target("whole"));
    CU_ASSERT(restore() == FAULT_NONE && has_every_file());
    CU_ASSERT(unit_exists(in_target(RESTORE_MARK)) && unit_exists(in_target("lock")));
    CU_ASSERT(unit_mode(in_target("keys")) == 0700 && unit_mode(in_target("certs")) == 0700);
    close(root);
}

static void test_what_a_stopped_restore_left_is_replaced(void)
{
    UNIT_NEED(open_target("again"));
    CU_ASSERT(restore() == FAULT_NONE && unlink(in_target(RESTORE_HEADER)) == 0);
    CU_ASSERT(unit_write(in_target("keys/ca.key"), "half", 4, 0600) && add_file("keys/left-over.key"));
    CU_ASSERT(restore() == FAULT_NONE && has_every_file() && !unit_exists(in_target("keys/left-over.key")));
    close(root);
}

static void test_a_stray_anywhere_is_refused_before_anything_is_written(void)
{
    static const char *const strays[] = { "notes.txt", "keys/notes.txt", "certs/ca.key", "records/ca.key" };
    for (size_t i = 0; i < UNIT_COUNT(strays); i++) {
        char name[16];
        snprintf(name, sizeof name, "stray-%zu", i);
        UNIT_NEED(open_target(name) && mkdir(in_target("keys"), 0700) == 0 && mkdir(in_target("certs"), 0700) == 0);
        UNIT_NEED(mkdir(in_target("records"), 0700) == 0 && add_file(strays[i]));
        CU_ASSERT(restore() == FAULT_TARGET_NOT_EMPTY);
        CU_ASSERT(unit_exists(in_target(strays[i])) && !unit_exists(in_target(RESTORE_MARK)));
        CU_ASSERT(!unit_exists(in_target(RESTORE_HEADER)));
        close(root);
    }
}

static void test_emptying_leaves_the_mark_and_removes_the_rest_of_a_keystore(void)
{
    UNIT_NEED(open_target("emptied"));
    CU_ASSERT(restore() == FAULT_NONE && restore_contents_empty(root) == FAULT_NONE);
    CU_ASSERT(unit_exists(in_target(RESTORE_MARK)) && !unit_exists(in_target(RESTORE_HEADER)));
    CU_ASSERT(!unit_exists(in_target("keys")) && !unit_exists(in_target("certs"))
              && !unit_exists(in_target("records")));
    CU_ASSERT(!unit_exists(in_target("lock")));
    close(root);
}

static void test_emptying_what_is_empty_already_is_no_fault(void)
{
    UNIT_NEED(open_target("nothing"));
    CU_ASSERT(restore_contents_empty(root) == FAULT_NONE);
    close(root);
}

static void test_emptying_leaves_a_stray_and_says_so(void)
{
    UNIT_NEED(open_target("left"));
    CU_ASSERT(restore() == FAULT_NONE && add_file("keys/notes.txt"));
    CU_ASSERT(restore_contents_empty(root) == FAULT_TARGET_NOT_EMPTY);
    CU_ASSERT(unit_exists(in_target("keys/notes.txt")) && !unit_exists(in_target("keys/ca.key")));
    close(root);
}

/* The link is ours to remove, what it points to is somebody else's. */
static void test_a_link_in_place_of_a_key_is_removed_and_not_followed(void)
{
    UNIT_NEED(open_target("linked"));
    CU_ASSERT(unit_write(unit_path("elsewhere"), "theirs", 6, 0600));
    CU_ASSERT(mkdir(in_target("keys"), 0700) == 0 && symlink(unit_path("elsewhere"), in_target("keys/ca.key")) == 0);
    CU_ASSERT(restore() == FAULT_NONE && has_every_file() && unit_holds(unit_path("elsewhere"), "theirs", 6));
    close(root);
}

static void test_a_link_in_place_of_a_part_is_refused_and_not_followed(void)
{
    UNIT_NEED(open_target("part") && mkdir(unit_path("theirs"), 0700) == 0);
    CU_ASSERT(unit_write(unit_path("theirs/their.key"), "theirs", 6, 0600));
    CU_ASSERT(symlink(unit_path("theirs"), in_target("keys")) == 0 && restore() != FAULT_NONE);
    CU_ASSERT(unit_holds(unit_path("theirs/their.key"), "theirs", 6) && !unit_exists(unit_path("theirs/ca.key")));
    CU_ASSERT(restore_contents_empty(root) != FAULT_NONE && unit_exists(unit_path("theirs/their.key")));
    CU_ASSERT(!unit_exists(in_target(RESTORE_HEADER)));
    close(root);
}

/* The bytes under the name of the archive are others by now: no header is written, so it is no keystore. */
static void test_an_archive_that_has_changed_since_it_was_verified_makes_no_keystore(void)
{
    struct archive changed;
    char byte;
    UNIT_NEED(open_target("changed") && sample_write(unit_path("changed.tar"), true));
    UNIT_NEED(archive_open(unit_path("changed.tar"), &changed) == FAULT_NONE);
    int fd = open(unit_path("changed.tar"), O_RDWR | O_CLOEXEC);
    struct stat status;
    UNIT_NEED(fd >= 0 && fstat(fd, &status) == 0);
    for (off_t at = 0; at < status.st_size; at += 256) {
        CU_ASSERT(pread(fd, &byte, 1, at) == 1);
        byte ^= 1;
        CU_ASSERT(pwrite(fd, &byte, 1, at) == 1);
    }
    close(fd);
    said_begin();
    enum fault fault = restore_contents_write(root, &changed);
    (void)said_end(true);
    CU_ASSERT(fault != FAULT_NONE && !unit_exists(in_target(RESTORE_HEADER)));
    archive_close(&changed);
    close(root);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_archive_is_written_with_every_file_and_the_mark),
        UNIT_TEST(test_what_a_stopped_restore_left_is_replaced),
        UNIT_TEST(test_a_stray_anywhere_is_refused_before_anything_is_written),
        UNIT_TEST(test_emptying_leaves_the_mark_and_removes_the_rest_of_a_keystore),
        UNIT_TEST(test_emptying_what_is_empty_already_is_no_fault),
        UNIT_TEST(test_emptying_leaves_a_stray_and_says_so),
        UNIT_TEST(test_a_link_in_place_of_a_key_is_removed_and_not_followed),
        UNIT_TEST(test_a_link_in_place_of_a_part_is_refused_and_not_followed),
        UNIT_TEST(test_an_archive_that_has_changed_since_it_was_verified_makes_no_keystore),
    };
    int code = prepare() ? UNIT_RUN("restore_contents", tests) : 1;
    archive_close(&archive);
    unit_remove_directory();
    return code;
}
