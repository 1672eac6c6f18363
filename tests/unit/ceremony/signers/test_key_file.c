/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/key_file.h"

#include "tests/unit/unit.h"

static uint8_t bytes[64];
static size_t length;
static struct key_file found;

static enum fault read_it(const char *name, size_t capacity)
{
    return key_file_read(unit_path(name), bytes, capacity, &length, &found);
}

static bool is_kept(const char *name)
{
    return read_it(name, sizeof bytes) == FAULT_NONE && found.is_kept;
}

static void test_a_file_in_directories_of_our_own_is_kept(void)
{
    CU_ASSERT(mkdir(unit_path("run"), 0755) == 0 && unit_write(unit_path("run/s"), "keys", 4, 0644));
    CU_ASSERT(is_kept("run/s") && length == 4 && memcmp(bytes, "keys", 4) == 0);
    CU_ASSERT(found.owner == geteuid() && !found.is_run_by_root);
}

static void test_a_file_or_directory_that_others_write_is_not(void)
{
    static const mode_t file_modes[] = { 0664, 0646, 0666 }, directory_modes[] = { 0775, 0757, 0777, 01777 };
    CU_ASSERT(mkdir(unit_path("open"), 0755) == 0 && unit_write(unit_path("open/s"), "keys", 4, 0644));
    for (size_t i = 0; i < UNIT_COUNT(file_modes); i++)
        CU_ASSERT(chmod(unit_path("open/s"), file_modes[i]) == 0 && !is_kept("open/s"));
    CU_ASSERT(chmod(unit_path("open/s"), 0644) == 0 && is_kept("open/s"));
    for (size_t i = 0; i < UNIT_COUNT(directory_modes); i++)
        CU_ASSERT(chmod(unit_path("open"), directory_modes[i]) == 0 && !is_kept("open/s"));
    CU_ASSERT(mkdir(unit_path("open/run"), 0755) == 0 && unit_write(unit_path("open/run/s"), "keys", 4, 0644));
    CU_ASSERT(chmod(unit_path("open"), 0777) == 0 && !is_kept("open/run/s"));
    CU_ASSERT(chmod(unit_path("open"), 0755) == 0 && is_kept("open/run/s"));
}

static void test_a_directory_that_somebody_made_in_a_sticky_one_is_not(void)
{
    if (geteuid() != 0)
        return;
    CU_ASSERT(mkdir(unit_path("tmp"), 0755) == 0 && chmod(unit_path("tmp"), 01777) == 0);
    CU_ASSERT(mkdir(unit_path("tmp/run"), 0755) == 0 && unit_write(unit_path("tmp/run/s"), "keys", 4, 0644));
    CU_ASSERT(is_kept("tmp/run/s"));
    CU_ASSERT(chown(unit_path("tmp/run"), 31194, 31194) == 0 && !is_kept("tmp/run/s"));
    CU_ASSERT(chown(unit_path("tmp/run/s"), 31194, 31194) == 0 && !is_kept("tmp/run/s"));
    CU_ASSERT(chmod(unit_path("tmp"), 0755) == 0 && is_kept("tmp/run/s") && found.owner == 31194);
}

static void test_links_pipes_and_directories_are_no_files(void)
{
    CU_ASSERT(unit_write(unit_path("whole"), "keys", 4, 0644) && symlink("whole", unit_path("link")) == 0);
    CU_ASSERT(mkfifo(unit_path("pipe"), 0644) == 0 && mkdir(unit_path("directory"), 0755) == 0);
    CU_ASSERT(read_it("link", sizeof bytes) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(read_it("pipe", sizeof bytes) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(read_it("directory", sizeof bytes) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(read_it("absent", sizeof bytes) == FAULT_FILE_MISSING);
    CU_ASSERT(read_it("whole/s", sizeof bytes) == FAULT_FILE_MISSING && read_it("no/s", 1) == FAULT_FILE_MISSING);
}

static void test_a_file_fits_or_is_too_large(void)
{
    CU_ASSERT(unit_write(unit_path("ten"), "0123456789", 10, 0644));
    CU_ASSERT(read_it("ten", 10) == FAULT_NONE && length == 10);
    CU_ASSERT(read_it("ten", 9) == FAULT_FILE_TOO_LARGE);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_file_in_directories_of_our_own_is_kept),
        UNIT_TEST(test_a_file_or_directory_that_others_write_is_not),
        UNIT_TEST(test_a_directory_that_somebody_made_in_a_sticky_one_is_not),
        UNIT_TEST(test_links_pipes_and_directories_are_no_files),
        UNIT_TEST(test_a_file_fits_or_is_too_large),
    };
    umask(022);
    return unit_make_directory() ? UNIT_RUN("key_file", tests) : 1;
}
