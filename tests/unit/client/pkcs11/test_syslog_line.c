/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/syslog_line.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/unit/unit.h"

static int listen_at(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static void test_a_line_has_priority_program_and_text(void)
{
    char line[2048], expected[128];
    int fd = listen_at(unit_path("log"));
    UNIT_NEED(fd >= 0);
    syslog_line_send(unit_path("log"), "%s\n%c%d", "one", 0x7f, 7);
    ssize_t length = recv(fd, line, sizeof line - 1, 0);
    UNIT_NEED(length > 0);
    line[length] = '\0';
    snprintf(expected, sizeof expected, "<84>%s[%d]: one??7", program_invocation_short_name, getpid());
    CU_ASSERT_STRING_EQUAL(line, expected);
    syslog_line_send(unit_path("log"), "%3000d", 1);
    CU_ASSERT(recv(fd, line, sizeof line, 0) < 1024);
    close(fd);
}

static void test_a_programs_name_adds_no_line(void)
{
    char line[2048], *saved = program_invocation_short_name, name[] = "a\n<86>b";
    int fd = listen_at(unit_path("named"));
    UNIT_NEED(fd >= 0);
    program_invocation_short_name = name;
    syslog_line_send(unit_path("named"), "x");
    program_invocation_short_name = saved;
    ssize_t length = recv(fd, line, sizeof line - 1, 0);
    UNIT_NEED(length > 0);
    line[length] = '\0';
    CU_ASSERT(strncmp(line, "<84>a?<86>b[", 12) == 0 && strchr(line, '\n') == NULL);
    close(fd);
}

static void test_without_a_log_the_line_is_dropped(void)
{
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    errno = EAGAIN;
    syslog_line_send(unit_path("nobody"), "x");
    syslog_line_send(longest, "x");
    CU_ASSERT_EQUAL(errno, EAGAIN);
}

static void test_no_descriptor_stays_open(void)
{
    int fd = listen_at(unit_path("open")), before = dup(fd);
    close(before);
    for (int i = 0; i < 10; i++)
        syslog_line_send(unit_path("open"), "x");
    int after = dup(fd);
    CU_ASSERT_EQUAL(before, after);
    close(after);
    close(fd);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_line_has_priority_program_and_text),
        UNIT_TEST(test_a_programs_name_adds_no_line),
        UNIT_TEST(test_without_a_log_the_line_is_dropped),
        UNIT_TEST(test_no_descriptor_stays_open),
    };
    if (!unit_make_directory())
        return 1;
    int code = UNIT_RUN("syslog_line", tests);
    unit_remove_directory();
    return code;
}
