#include "ceremony/report.h"

#include "ceremony/tool.h"
#include "tests/unit/unit.h"

static char text[4096];
static bool as_json, with_failure;

static int print(void)
{
    struct report report;
    report_begin(&report, as_json);
    report_add(&report, FINDING_OK, "keys/a.key", NULL, "opens with %s", "3f91");
    report_add(&report, FINDING_WARN, "dir \"x\"", NULL, "back\\slash\n\x7f");
    if (with_failure)
        report_add(&report, FINDING_FAIL, "keys/b.key", "KEY_CORRUPT", "damaged");
    return report_end(&report);
}

/* What is printed where standard output is no terminal; returns the exit code. */
static int printed(bool json, bool failure)
{
    int ends[2];
    as_json = json;
    with_failure = failure;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        int code = print();
        fflush(stdout);
        _exit(code);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)n;
    text[length] = '\0';
    close(ends[0]);
    int status = unit_wait(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_for_people(void)
{
    CU_ASSERT(printed(false, true) == EXIT_REFUSED);
    CU_ASSERT(strstr(text, "ok    keys/a.key: opens with 3f91\n") == text);
    CU_ASSERT(strstr(text, "fail  keys/b.key: KEY_CORRUPT: damaged\n") != NULL);
    CU_ASSERT(strstr(text, "1 ok, 1 to look at, 1 wrong\n") != NULL
              && strchr(text, '\033') == NULL);
}

static void test_warnings_do_not_fail(void)
{
    CU_ASSERT(printed(false, false) == EXIT_DONE);
    CU_ASSERT(strstr(text, "1 ok, 1 to look at, 0 wrong\n") != NULL);
    CU_ASSERT(printed(true, false) == EXIT_DONE);
}

static void test_for_programs(void)
{
    static const char wanted[] =
        "{\"findings\":["
        "\n{\"finding\":\"ok\",\"subject\":\"keys/a.key\",\"text\":\"opens with 3f91\"},"
        "\n{\"finding\":\"warn\",\"subject\":\"dir "
        "\\\"x\\\"\",\"text\":\"back\\\\slash\\u000a\\u007f\"},"
        "\n{\"finding\":\"fail\",\"subject\":\"keys/"
        "b.key\",\"reason\":\"KEY_CORRUPT\",\"text\":\"damaged\"}"
        "\n],\"ok\":1,\"warn\":1,\"fail\":1}\n";
    CU_ASSERT(printed(true, true) == EXIT_REFUSED);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_for_people),
        UNIT_TEST(test_warnings_do_not_fail),
        UNIT_TEST(test_for_programs),
    };
    return UNIT_RUN("ceremony_report", tests);
}
