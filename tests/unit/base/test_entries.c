/* SPDX-License-Identifier: Apache-2.0 */
#include "base/entries.h"

#include <errno.h>

#include "tests/unit/unit.h"

static unsigned count_names(int directory)
{
    unsigned count = 0;
    DIR *entries = entries_open(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        count += !entries_is_dots(entry->d_name);
    if (entries)
        closedir(entries);
    return count;
}

static void test_a_directory_is_listed_from_its_start_each_time_and_stays_open(void)
{
    int directory = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    UNIT_NEED(directory >= 0);
    CU_ASSERT(unit_write(unit_path("a"), "", 0, 0600) && unit_write(unit_path("b"), "", 0, 0600));
    CU_ASSERT(unit_write(unit_path("c"), "", 0, 0600));
    CU_ASSERT(count_names(directory) == 3 && count_names(directory) == 3);
    CU_ASSERT(fcntl(directory, F_GETFD) >= 0);
    close(directory);
}

static void test_two_listings_of_one_directory_have_their_own_positions(void)
{
    int directory = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *first = entries_open(directory);
    UNIT_NEED(first != NULL);
    while (readdir(first))
        ;
    CU_ASSERT(count_names(directory) == 3);
    closedir(first);
    close(directory);
}

static void test_a_listing_is_not_inherited_by_other_programs(void)
{
    int directory = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = entries_open(directory);
    UNIT_NEED(entries != NULL);
    CU_ASSERT((fcntl(dirfd(entries), F_GETFD) & FD_CLOEXEC) != 0);
    closedir(entries);
    close(directory);
}

static void test_what_is_no_directory_is_not_listed_and_errno_says_why(void)
{
    int file = open(unit_path("a"), O_RDONLY | O_CLOEXEC);
    errno = 0;
    CU_ASSERT(entries_open(file) == NULL && errno == ENOTDIR);
    close(file);
    errno = 0;
    CU_ASSERT(entries_open(file) == NULL && errno == EBADF);
}

static void test_only_the_two_names_of_dots_are_dots(void)
{
    CU_ASSERT(entries_is_dots(".") && entries_is_dots(".."));
    CU_ASSERT(!entries_is_dots("") && !entries_is_dots("...") && !entries_is_dots(".a") && !entries_is_dots("a."));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_directory_is_listed_from_its_start_each_time_and_stays_open),
        UNIT_TEST(test_two_listings_of_one_directory_have_their_own_positions),
        UNIT_TEST(test_a_listing_is_not_inherited_by_other_programs),
        UNIT_TEST(test_what_is_no_directory_is_not_listed_and_errno_says_why),
        UNIT_TEST(test_only_the_two_names_of_dots_are_dots),
    };
    int code = unit_make_directory() ? UNIT_RUN("entries", tests) : 1;
    unit_remove_directory();
    return code;
}
