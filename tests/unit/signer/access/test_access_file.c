/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/access/access_file.h"

#include "tests/unit/unit.h"

static struct access_grants grants;
static char why[ACCESS_WHY];

static bool write_file(const char *text, size_t length, mode_t mode)
{
    const char *path = unit_path("access");
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    bool good = fd >= 0 && write(fd, text, length) == (ssize_t)length && fchmod(fd, mode) == 0;
    close(fd);
    return good;
}

static bool read_file(void)
{
    struct access_place place;
    bool good = access_file_place(unit_path("access"), geteuid(), &place) && access_file_read(&place, &grants, why);
    close(place.directory);
    close(place.etc);
    return good;
}

static bool reads(const char *text)
{
    CU_ASSERT(write_file(text, strlen(text), 0644));
    return read_file();
}

static void test_lines_are_grants_and_comments_mean_nothing(void)
{
    CU_ASSERT(reads("# who may sign\n\nuid=7,sign=web-*\nuser=root,monitor\ngroup=root\r\nuid=8\n"));
    CU_ASSERT(grants.count == 4 && grants.grants[0].id == 7 && grants.grants[3].id == 8);
    CU_ASSERT(grants.grants[1].id == 0 && grants.grants[1].roles == ROLE_MONITOR && grants.grants[2].is_group);
    CU_ASSERT(reads("") && grants.count == 0);
}

static void test_one_wrong_line_refuses_the_file_and_is_named(void)
{
    CU_ASSERT(!reads("uid=7,sign\n\nuid=8,sing\nuid=9,sign\n"));
    CU_ASSERT_STRING_EQUAL(why, "access:3: uid=8,sing: a role is sign, admin, operator or monitor");
    CU_ASSERT(!reads("user=nobody-has-this-name\n") && strstr(why, "access:1:") && strstr(why, "no such user"));
    CU_ASSERT(!reads("uid=7,sign\r=web-*\n") && strstr(why, "access:1:")); /* not: sign, for all keys */
    CU_ASSERT(!reads(" uid=7\n") && strstr(why, "access:1:"));
}

static void test_a_file_that_others_can_write_or_that_is_no_text_is_refused(void)
{
    CU_ASSERT(write_file("uid=7\n", 6, 0664) && !read_file() && strstr(why, "chmod"));
    CU_ASSERT(write_file("uid=7\n", 6, 0602) && !read_file() && strstr(why, "chmod"));
    CU_ASSERT(write_file("uid=7\0,sign", 11, 0600) && !read_file() && strstr(why, "text"));
    unlink(unit_path("access"));
    CU_ASSERT(!read_file() && strstr(why, "No such file"));
    CU_ASSERT(mkfifo(unit_path("access"), 0600) == 0 && !read_file() && strstr(why, "regular"));
    unlink(unit_path("access"));
}

/* Half of "sign=web-*" would be every key. */
static void test_a_file_that_was_cut_off_is_refused(void)
{
    CU_ASSERT(!reads("uid=7,monitor\nuid=8,sign") && strstr(why, "cut off"));
}

static void test_a_file_beyond_the_bounds_is_refused(void)
{
    static char text[ACCESS_FILE_MAX + 8];
    size_t length = 0;
    for (int i = 0; i <= GRANTS_MAX; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "uid=%d\n", 1000 + i);
    CU_ASSERT(write_file(text, length, 0600) && !read_file() && strstr(why, "access:257: more than 256 grants"));
    memset(text, '#', sizeof text);
    CU_ASSERT(write_file(text, ACCESS_FILE_MAX + 1, 0600) && !read_file() && strstr(why, "64 KiB"));
    text[ACCESS_FILE_MAX - 1] = '\n';
    CU_ASSERT(write_file(text, ACCESS_FILE_MAX, 0600) && read_file() && grants.count == 0);
}

static void test_a_file_of_another_user_is_refused(void)
{
    struct access_place place;
    if (geteuid() == 0) {
        CU_ASSERT(write_file("uid=7\n", 6, 0600) && chown(unit_path("access"), 12345, (gid_t)-1) == 0);
        CU_ASSERT(!read_file() && strstr(why, "belong"));
        return;
    }
    CU_ASSERT(write_file("uid=7\n", 6, 0600) && access_file_place(unit_path("access"), geteuid() + 1, &place));
    CU_ASSERT(!access_file_read(&place, &grants, why) && strstr(why, "belong"));
}

static void test_a_path_without_a_slash_is_in_the_current_directory(void)
{
    struct access_place place;
    CU_ASSERT(write_file("uid=7\n", 6, 0600) && chdir(unit_path("")) == 0);
    CU_ASSERT(access_file_place("access", geteuid(), &place) && access_file_read(&place, &grants, why));
    CU_ASSERT(!access_file_place("/nowhere/at/all", geteuid(), &place));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_lines_are_grants_and_comments_mean_nothing),
        UNIT_TEST(test_one_wrong_line_refuses_the_file_and_is_named),
        UNIT_TEST(test_a_file_that_others_can_write_or_that_is_no_text_is_refused),
        UNIT_TEST(test_a_file_that_was_cut_off_is_refused),
        UNIT_TEST(test_a_file_beyond_the_bounds_is_refused),
        UNIT_TEST(test_a_file_of_another_user_is_refused),
        UNIT_TEST(test_a_path_without_a_slash_is_in_the_current_directory),
    };
    int code = unit_make_directory() ? UNIT_RUN("access_file", tests) : 1;
    unit_remove_directory();
    return code;
}
