/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/unnamed_file.h"

#include <dirent.h>

#include "keystore/memory/secret.h"
#include "tests/unit/ceremony/tool/without_unnamed_files.h"
#include "tests/unit/unit.h"

static const uint8_t words[] = "academic acid acrobat";
static int dir;

static bool prepare(void)
{
    if (!secret_start() || !unit_make_directory())
        return false;
    dir = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir >= 0;
}

static unsigned names(void)
{
    unsigned count = 0;
    DIR *list = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (struct dirent *entry; list && (entry = readdir(list));)
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(list);
    return count;
}

static void test_a_file_has_no_name_until_it_is_linked(void)
{
    struct unnamed_file file;
    unsigned before = names();
    UNIT_NEED(unnamed_file_make(&file, dir, words, sizeof words) == FAULT_NONE);
    CU_ASSERT(names() == before);
    CU_ASSERT(unnamed_file_link(&file, "card") == FAULT_NONE && names() == before + 1);
    unnamed_file_close(&file);
    CU_ASSERT(unit_holds(unit_path("card"), words, sizeof words) && unit_mode(unit_path("card")) == 0600);
    UNIT_NEED(unnamed_file_make(&file, dir, words, sizeof words) == FAULT_NONE);
    unnamed_file_close(&file);
    CU_ASSERT(file.fd == -1 && names() == before + 1);
}

static void test_a_name_that_is_taken_is_left_alone(void)
{
    CU_ASSERT(unit_write(unit_path("taken"), "old", 3, 0640) && symlink("nowhere", unit_path("dangling")) == 0);
    CU_ASSERT(unnamed_file_publish(dir, "taken", words, sizeof words) == FAULT_FILE_EXISTS);
    CU_ASSERT(unnamed_file_publish(dir, "dangling", words, sizeof words) == FAULT_FILE_EXISTS);
    CU_ASSERT(unit_holds(unit_path("taken"), (const uint8_t *)"old", 3) && !unit_exists(unit_path("nowhere")));
}

static void test_without_unnamed_files_it_is_published_all_the_same(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct unnamed_file file;
        bool ok = forbid_unnamed_files()
            && unnamed_file_make(&file, dir, words, sizeof words) == FAULT_STORE_UNSUPPORTED && file.fd == -1
            && unnamed_file_publish(dir, "named", words, sizeof words) == FAULT_NONE;
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    CU_ASSERT(unit_holds(unit_path("named"), words, sizeof words) && unit_mode(unit_path("named")) == 0600);
}

static void test_a_directory_that_is_none_is_an_error(void)
{
    CU_ASSERT(unnamed_file_publish(-1, "x", words, sizeof words) == FAULT_STORE_IO);
    CU_ASSERT(unnamed_file_publish(dir, "no/such", words, sizeof words) == FAULT_STORE_IO);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_file_has_no_name_until_it_is_linked),
        UNIT_TEST(test_a_name_that_is_taken_is_left_alone),
        UNIT_TEST(test_without_unnamed_files_it_is_published_all_the_same),
        UNIT_TEST(test_a_directory_that_is_none_is_an_error),
    };
    return prepare() ? UNIT_RUN("unnamed_file", tests) : 1;
}
