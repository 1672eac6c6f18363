/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/passphrase.h"

#include "tests/unit/unit.h"

enum { SIZE = 8 };

static char out[SIZE + 1];

static int read_file(const char *content, size_t length)
{
    memset(out, '#', sizeof out);
    CU_ASSERT(unit_write(unit_path("phrase"), content, length, 0600));
    int read = passphrase_read(unit_path("phrase"), "Passphrase: ", out, SIZE);
    CU_ASSERT(out[SIZE] == '#');
    return read;
}

static void test_a_passphrase_is_the_first_line_of_its_file(void)
{
    CU_ASSERT(read_file("secret\n", 7) == 6 && memcmp(out, "secret", 6) == 0);
    CU_ASSERT(read_file("secret", 6) == 6 && memcmp(out, "secret", 6) == 0);
    CU_ASSERT(read_file("one\ntwo\n", 8) == 3 && memcmp(out, "one", 3) == 0);
    CU_ASSERT(read_file("\n", 1) == 0);
    CU_ASSERT(read_file("", 0) == -1);
}

static void test_a_line_that_ends_as_windows_has_it_is_the_same_passphrase(void)
{
    CU_ASSERT(read_file("secret\r\n", 8) == 6 && memcmp(out, "secret", 6) == 0);
    CU_ASSERT(read_file("one\r\ntwo\r\n", 10) == 3 && memcmp(out, "one", 3) == 0);
    CU_ASSERT_EQUAL(read_file("12345678\r\n", 10), SIZE);
    CU_ASSERT_EQUAL(read_file("12345678\r", 9), -1);
    CU_ASSERT(read_file("\r\n", 2) == 0);
    /* what is not a line's end is a part of it */
    CU_ASSERT(read_file("a\rb\n", 4) == 3 && memcmp(out, "a\rb", 3) == 0);
    CU_ASSERT(read_file("a\r\r\n", 4) == 2 && memcmp(out, "a\r", 2) == 0);
    CU_ASSERT(read_file("a\r", 2) == 2 && memcmp(out, "a\r", 2) == 0);
}

static void test_a_passphrase_that_is_too_long_is_refused(void)
{
    CU_ASSERT_EQUAL(read_file("12345678\n", 9), SIZE);
    CU_ASSERT_EQUAL(read_file("12345678", 8), SIZE);
    CU_ASSERT_EQUAL(read_file("123456789\n", 10), -1);
    CU_ASSERT_EQUAL(read_file("123456789", 9), -1);
}

static void test_a_passphrase_file_that_is_none_is_refused(void)
{
    CU_ASSERT(passphrase_read(unit_path("absent"), "", out, SIZE) == -1);
    CU_ASSERT(passphrase_read(unit_directory, "", out, SIZE) == -1);
    CU_ASSERT(symlink("phrase", unit_path("link")) == 0);
    CU_ASSERT(passphrase_read(unit_path("link"), "", out, SIZE) == -1);
    CU_ASSERT(passphrase_read("fd:987", "", out, SIZE) == -1);
}

/* Of a descriptor no more is taken than the line: what follows may be another passphrase. */
static void test_a_passphrase_is_read_from_a_descriptor_line_by_line(void)
{
    char source[32];
    int ends[2];
    UNIT_NEED(pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], "one\ntwo\n", 8) == 8);
    snprintf(source, sizeof source, "fd:%d", ends[0]);
    CU_ASSERT(passphrase_read(source, "", out, SIZE) == 3 && memcmp(out, "one", 3) == 0);
    CU_ASSERT(passphrase_read(source, "", out, SIZE) == 3 && memcmp(out, "two", 3) == 0);
    close(ends[1]);
    CU_ASSERT(passphrase_read(source, "", out, SIZE) == -1);
    CU_ASSERT(fcntl(ends[0], F_GETFD) >= 0); /* it is the caller's */
    close(ends[0]);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_passphrase_is_the_first_line_of_its_file),
        UNIT_TEST(test_a_line_that_ends_as_windows_has_it_is_the_same_passphrase),
        UNIT_TEST(test_a_passphrase_that_is_too_long_is_refused),
        UNIT_TEST(test_a_passphrase_file_that_is_none_is_refused),
        UNIT_TEST(test_a_passphrase_is_read_from_a_descriptor_line_by_line),
    };
    int result = unit_make_directory() ? UNIT_RUN("passphrase", tests) : 1;
    unit_remove_directory();
    return result;
}
