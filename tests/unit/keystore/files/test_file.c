/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/file.h"

#include <sys/file.h>

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t content[] = "what stands in the file";
static int dir;
static uid_t me;

static bool prepare(void)
{
    me = geteuid();
    if (!secret_start() || !unit_make_directory())
        return false;
    dir = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir >= 0;
}

static void make(const char *name)
{
    CU_ASSERT(unit_write(unit_path(name), content, sizeof content, 0600));
}

static enum fault read_as(const char *name, uid_t owner, size_t capacity)
{
    uint8_t out[64];
    size_t length = 99;
    enum fault fault = file_read(dir, name, owner, out, capacity, &length, NULL);
    CU_ASSERT(fault || (length == sizeof content && memcmp(out, content, length) == 0));
    return fault;
}

static enum fault read_it(const char *name)
{
    return read_as(name, me, 64);
}

static void test_a_file_is_read_whole_within_its_bound(void)
{
    make("right");
    CU_ASSERT(read_it("right") == FAULT_NONE);
    CU_ASSERT(read_it("missing") == FAULT_FILE_MISSING);
    CU_ASSERT(read_as("right", me, sizeof content) == FAULT_NONE);
    CU_ASSERT(read_as("right", me, sizeof content - 1) == FAULT_FILE_TOO_LARGE);
    CU_ASSERT(read_as("right", me + 1, 64) == FAULT_FILE_OWNER);
    CU_ASSERT(chmod(unit_path("right"), 0400) == 0 && read_it("right") == FAULT_NONE);
}

static void test_an_empty_file_is_read_as_nothing(void)
{
    uint8_t out[1];
    size_t length = 99;
    CU_ASSERT(unit_write(unit_path("empty"), "", 0, 0600));
    CU_ASSERT(file_read(dir, "empty", me, out, 0, &length, NULL) == FAULT_NONE && length == 0);
}

static void test_a_file_of_a_foreign_owner_is_refused(void)
{
    if (me != 0)
        return;
    make("foreign");
    CU_ASSERT(chown(unit_path("foreign"), 65534, 65534) == 0);
    CU_ASSERT(read_it("foreign") == FAULT_FILE_OWNER);
    CU_ASSERT(read_as("foreign", 65534, 64) == FAULT_NONE);
}

static void test_a_file_with_any_bit_for_others_is_refused(void)
{
    make("mode");
    for (unsigned bit = 1; bit < 0100; bit <<= 1) {
        CU_ASSERT(chmod(unit_path("mode"), 0600 | bit) == 0);
        CU_ASSERT(read_it("mode") == FAULT_FILE_MODE);
    }
}

static void test_what_is_no_regular_file_is_refused(void)
{
    make("target");
    CU_ASSERT(mkfifo(unit_path("fifo"), 0600) == 0 && read_it("fifo") == FAULT_FILE_IRREGULAR);
    CU_ASSERT(symlink("target", unit_path("link")) == 0 && read_it("link") == FAULT_FILE_IRREGULAR);
    CU_ASSERT(symlink("nowhere", unit_path("dangling")) == 0 && read_it("dangling") == FAULT_FILE_IRREGULAR);
    CU_ASSERT(mkdir(unit_path("sub"), 0700) == 0 && read_it("sub") == FAULT_FILE_IRREGULAR);
    if (me == 0 && mknod(unit_path("device"), S_IFCHR | 0600, 0x103) == 0)
        CU_ASSERT(read_it("device") == FAULT_FILE_IRREGULAR);
}

static void test_a_file_with_a_second_name_is_refused(void)
{
    make("one");
    CU_ASSERT(link(unit_path("one"), unit_path("two")) == 0);
    CU_ASSERT(read_it("one") == FAULT_FILE_LINKED && read_it("two") == FAULT_FILE_LINKED);
    CU_ASSERT(rename(unit_path("two"), unit_path(".tmp-0123456789abcdef")) == 0);
    CU_ASSERT(read_it("one") == FAULT_NONE);
    CU_ASSERT(link(unit_path("one"), unit_path(".tmp-another")) == 0);
    CU_ASSERT(read_it("one") == FAULT_FILE_LINKED);
}

static void test_a_temporary_name_elsewhere_does_not_count(void)
{
    make("here");
    CU_ASSERT(mkdir(unit_path("there"), 0700) == 0);
    CU_ASSERT(link(unit_path("here"), unit_path("there/.tmp-0123456789abcdef")) == 0);
    CU_ASSERT(read_it("here") == FAULT_FILE_LINKED);
}

static void test_the_start_of_a_file_is_read_alone(void)
{
    uint8_t out[64];
    size_t length;
    make("start");
    CU_ASSERT(file_read_start(dir, "start", me, out, 4, &length) == FAULT_NONE && length == 4);
    CU_ASSERT(memcmp(out, content, 4) == 0);
    CU_ASSERT(file_read_start(dir, "start", me, out, 64, &length) == FAULT_NONE);
    CU_ASSERT(length == sizeof content);
    CU_ASSERT(file_read_start(dir, "start", me + 1, out, 4, &length) == FAULT_FILE_OWNER && length == 0);
    CU_ASSERT(file_read_start(dir, "absent", me, out, 4, &length) == FAULT_FILE_MISSING);
    CU_ASSERT(chmod(unit_path("start"), 0644) == 0);
    CU_ASSERT(file_read_start(dir, "start", me, out, 4, &length) == FAULT_FILE_MODE && length == 0);
}

static void test_a_file_that_was_replaced_has_another_identity(void)
{
    struct file_identity a, b;
    uint8_t out[64];
    size_t length;
    make("identity");
    CU_ASSERT(file_identify(dir, "identity", &a) == FAULT_NONE && a.size == sizeof content);
    CU_ASSERT(file_read(dir, "identity", me, out, sizeof out, &length, &b) == FAULT_NONE);
    CU_ASSERT(file_identity_equal(&a, &b));
    make("replacement");
    CU_ASSERT(rename(unit_path("replacement"), unit_path("identity")) == 0);
    CU_ASSERT(file_identify(dir, "identity", &b) == FAULT_NONE && !file_identity_equal(&a, &b));
    CU_ASSERT(file_identify(dir, "absent", &a) == FAULT_FILE_MISSING);
}

static void test_each_part_of_an_identity_counts(void)
{
    const struct file_identity a = { 1, 2, 3 };
    struct file_identity b = a;
    CU_ASSERT(file_identity_equal(&a, &b));
    b.inode++;
    CU_ASSERT(!file_identity_equal(&a, &b));
    b = a;
    b.size++;
    CU_ASSERT(!file_identity_equal(&a, &b));
    b = a;
    b.changed_ns++;
    CU_ASSERT(!file_identity_equal(&a, &b));
}

static void test_a_removed_file_is_gone_and_a_directory_is_not_removed(void)
{
    make("gone");
    CU_ASSERT(file_remove(dir, "gone") == FAULT_NONE && !unit_exists(unit_path("gone")));
    CU_ASSERT(file_remove(dir, "gone") == FAULT_FILE_MISSING);
    CU_ASSERT(mkdir(unit_path("stays"), 0700) == 0);
    CU_ASSERT(file_remove(dir, "stays") == FAULT_STORE_IO && unit_exists(unit_path("stays")));
}

static void test_a_file_is_synced_and_what_is_none_is_a_fault(void)
{
    make("synced");
    CU_ASSERT(file_sync(dir, "synced") == FAULT_NONE);
    CU_ASSERT(file_sync(dir, "absent") == FAULT_FILE_MISSING);
    CU_ASSERT(symlink("synced", unit_path("sync-link")) == 0);
    CU_ASSERT(file_sync(dir, "sync-link") == FAULT_FILE_IRREGULAR);
}

static void test_temporary_names_are_told_from_all_others(void)
{
    CU_ASSERT(file_is_temporary(".tmp-0123456789abcdef") && file_is_temporary(".tmp-"));
    CU_ASSERT(!file_is_temporary(".tmp") && !file_is_temporary("tmp-1") && !file_is_temporary("a.tmp-1"));
    CU_ASSERT(!file_is_temporary("") && !file_is_temporary(".TMP-1"));
}

static void test_a_sweep_removes_temporary_files_that_nobody_uses(void)
{
    make(".tmp-00000000000000aa");
    make(".tmp-00000000000000bb");
    make("a.key");
    make(".hidden");
    int used = open(unit_path(".tmp-00000000000000bb"), O_RDWR | O_CLOEXEC);
    CU_ASSERT(used >= 0 && flock(used, LOCK_EX) == 0);
    file_sweep(dir);
    CU_ASSERT(!unit_exists(unit_path(".tmp-00000000000000aa")) && unit_exists(unit_path(".tmp-00000000000000bb")));
    CU_ASSERT(unit_exists(unit_path("a.key")) && unit_exists(unit_path(".hidden")));
    close(used);
    file_sweep(dir);
    CU_ASSERT(!unit_exists(unit_path(".tmp-00000000000000bb")) && unit_exists(unit_path("a.key")));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_file_is_read_whole_within_its_bound),
        UNIT_TEST(test_an_empty_file_is_read_as_nothing),
        UNIT_TEST(test_a_file_of_a_foreign_owner_is_refused),
        UNIT_TEST(test_a_file_with_any_bit_for_others_is_refused),
        UNIT_TEST(test_what_is_no_regular_file_is_refused),
        UNIT_TEST(test_a_file_with_a_second_name_is_refused),
        UNIT_TEST(test_a_temporary_name_elsewhere_does_not_count),
        UNIT_TEST(test_the_start_of_a_file_is_read_alone),
        UNIT_TEST(test_a_file_that_was_replaced_has_another_identity),
        UNIT_TEST(test_each_part_of_an_identity_counts),
        UNIT_TEST(test_a_removed_file_is_gone_and_a_directory_is_not_removed),
        UNIT_TEST(test_a_file_is_synced_and_what_is_none_is_a_fault),
        UNIT_TEST(test_temporary_names_are_told_from_all_others),
        UNIT_TEST(test_a_sweep_removes_temporary_files_that_nobody_uses),
    };
    int result = prepare() ? UNIT_RUN("file", tests) : 1;
    unit_remove_directory();
    return result;
}
