/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/report.h"

#include "ceremony/tool/tool.h"
#include "tests/unit/unit.h"

static char text[16384];
static bool as_json, with_failure, quietly;

static int print(void)
{
    struct report report;
    report_begin(&report, as_json);
    report.quiet = quietly;
    report_add(&report, FINDING_OK, "keys/a.key", NULL, "opens with %s", "3f91");
    report_add(&report, FINDING_WARN, "dir \"x\"", NULL, "back\\slash\n\x7f");
    if (with_failure)
        report_add(&report, FINDING_FAIL, "keys/b.key", "KEY_CORRUPT", "damaged");
    return report_end(&report);
}

/* What is printed where standard output is no terminal; returns the exit code. */
static int printed_by(int (*body)(void))
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        int code = body();
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

static int printed(bool json, bool failure)
{
    as_json = json;
    with_failure = failure;
    return printed_by(print);
}

static void test_a_report_for_people_has_a_line_for_each_finding(void)
{
    CU_ASSERT(printed(false, true) == EXIT_REFUSED);
    CU_ASSERT(strstr(text, "ok    keys/a.key: opens with 3f91\n") == text);
    CU_ASSERT(strstr(text, "fail  keys/b.key: KEY_CORRUPT: damaged\n") != NULL);
    CU_ASSERT(strstr(text, "1 ok, 1 to look at, 1 wrong\n") != NULL && strchr(text, '\033') == NULL);
}

static void test_warnings_do_not_fail(void)
{
    CU_ASSERT(printed(false, false) == EXIT_DONE);
    CU_ASSERT(strstr(text, "1 ok, 1 to look at, 0 wrong\n") != NULL);
    CU_ASSERT(printed(true, false) == EXIT_DONE);
}

static void test_a_report_for_programs_is_json(void)
{
    static const char wanted[] = "{\"findings\":["
                                 "\n{\"finding\":\"ok\",\"subject\":\"keys/a.key\",\"text\":\"opens with 3f91\"},"
                                 "\n{\"finding\":\"warn\",\"subject\":\"dir "
                                 "\\\"x\\\"\",\"text\":\"back\\\\slash\\u000a\\u007f\"},"
                                 "\n{\"finding\":\"fail\",\"subject\":\"keys/"
                                 "b.key\",\"reason\":\"KEY_CORRUPT\",\"text\":\"damaged\"}"
                                 "\n],\"ok\":1,\"warn\":1,\"fail\":1}\n";
    CU_ASSERT(printed(true, true) == EXIT_REFUSED);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

/* -- quiet -- */

static int printed_quietly(bool json, bool failure)
{
    quietly = true;
    int code = printed(json, failure);
    quietly = false;
    return code;
}

static void test_what_is_right_is_counted_in_silence(void)
{
    CU_ASSERT(printed_quietly(false, true) == EXIT_REFUSED && strstr(text, "keys/a.key") == NULL);
    CU_ASSERT(strstr(text, "warn  dir") == text && strstr(text, "fail  keys/b.key") != NULL);
    CU_ASSERT(strstr(text, "1 ok, 1 to look at, 1 wrong\n") != NULL);
    CU_ASSERT(printed_quietly(false, false) == EXIT_DONE);
}

static int print_warnings(void)
{
    struct report report;
    report_begin(&report, false);
    report.quiet = report.only_named = true;
    report_add(&report, FINDING_WARN, "drill", NULL, "none on file");
    report_add(&report, FINDING_WARN, "certs/a.pem", "CERTIFICATE_MISSING", "file it");
    return report_end(&report);
}

static void test_a_warning_without_a_name_can_wait(void)
{
    CU_ASSERT(printed_by(print_warnings) == EXIT_DONE);
    CU_ASSERT_STRING_EQUAL(text, "warn  certs/a.pem: CERTIFICATE_MISSING: file it\n0 ok, 2 to look at, 0 wrong\n");
}

/* The first that is printed has no comma before it, whatever was counted. */
static void test_a_silent_report_for_programs_has_what_is_wrong_alone(void)
{
    static const char wanted[] =
        "{\"findings\":["
        "\n{\"finding\":\"warn\",\"subject\":\"dir \\\"x\\\"\",\"text\":\"back\\\\slash\\u000a\\u007f\"}"
        "\n],\"ok\":1,\"warn\":1,\"fail\":0}\n";
    CU_ASSERT(printed_quietly(true, false) == EXIT_DONE);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

/* -- facts -- */

static int print_facts(void)
{
    struct report report;
    report_begin(&report, as_json);
    report.quiet = quietly;
    report_fact(&report, "kek since", "%s", "2026-11-21T10:00:00Z");
    report_add(&report, FINDING_OK, "keys/a.key", NULL, "opens");
    report_fact(&report, "archive", "%s", "/mnt/\"x\"\n");
    report_fact(&report, "keys", "%u", 3u);
    return report_end(&report);
}

static void test_facts_come_before_the_sum(void)
{
    as_json = false;
    CU_ASSERT(printed_by(print_facts) == EXIT_DONE);
    CU_ASSERT(strstr(text, "ok    keys/a.key: opens\nkek since        2026-11-21T10:00:00Z\narchive          /mnt/")
              == text);
    CU_ASSERT(strstr(text, "\nkeys             3\n1 ok, 0 to look at, 0 wrong\n") != NULL);
}

static void test_facts_for_programs_stand_beside_the_findings(void)
{
    static const char wanted[] =
        "{\"findings\":["
        "\n{\"finding\":\"ok\",\"subject\":\"keys/a.key\",\"text\":\"opens\"}\n]"
        ",\n\"kek_since\":\"2026-11-21T10:00:00Z\",\n\"archive\":\"/mnt/\\\"x\\\"\\u000a\",\n\"keys\":3"
        ",\"ok\":1,\"warn\":0,\"fail\":0}\n";
    as_json = true;
    CU_ASSERT(printed_by(print_facts) == EXIT_DONE);
    CU_ASSERT_STRING_EQUAL(text, wanted);
    quietly = true;
    CU_ASSERT(printed_by(print_facts) == EXIT_DONE && strstr(text, "{\"findings\":[\n],\n\"kek_since\":") == text);
    quietly = false;
}

static int print_detail(void)
{
    struct report report;
    report_begin(&report, as_json);
    report.quiet = quietly;
    report_fact(&report, "keys", "%u", 3u);
    report_detail(&report, "made by", "%s", "a tool");
    return report_end(&report);
}

static void test_a_detail_is_for_programs_and_for_who_looks_closer(void)
{
    as_json = false;
    CU_ASSERT(printed_by(print_detail) == EXIT_DONE && strstr(text, "made by          a tool\n") != NULL);
    quietly = true;
    CU_ASSERT(printed_by(print_detail) == EXIT_DONE && strstr(text, "made by") == NULL);
    CU_ASSERT(strstr(text, "keys             3\n") == text);
    as_json = true;
    CU_ASSERT(printed_by(print_detail) == EXIT_DONE && strstr(text, "\"made_by\":\"a tool\"") != NULL);
    quietly = false;
}

/* More facts than there is room for, and longer ones, are cut. */
static int print_too_much(void)
{
    char endless[2 * REPORT_VALUE];
    struct report report;
    memset(endless, 'e', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    report_begin(&report, as_json);
    for (unsigned i = 0; i < 2 * REPORT_FACTS_MAX; i++)
        report_fact(&report, endless, "%s", endless);
    bool cut = report.fact_count == REPORT_FACTS_MAX && strlen(report.facts[0].name) == REPORT_NAME - 1
        && strlen(report.facts[REPORT_FACTS_MAX - 1].value) == REPORT_VALUE - 1;
    return cut ? report_end(&report) : 99;
}

static void test_facts_are_bounded(void)
{
    as_json = false;
    CU_ASSERT(printed_by(print_too_much) == EXIT_DONE);
    as_json = true;
    CU_ASSERT(printed_by(print_too_much) == EXIT_DONE);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_report_for_people_has_a_line_for_each_finding),
        UNIT_TEST(test_warnings_do_not_fail),
        UNIT_TEST(test_a_report_for_programs_is_json),
        UNIT_TEST(test_what_is_right_is_counted_in_silence),
        UNIT_TEST(test_a_silent_report_for_programs_has_what_is_wrong_alone),
        UNIT_TEST(test_facts_come_before_the_sum),
        UNIT_TEST(test_a_warning_without_a_name_can_wait),
        UNIT_TEST(test_a_detail_is_for_programs_and_for_who_looks_closer),
        UNIT_TEST(test_facts_for_programs_stand_beside_the_findings),
        UNIT_TEST(test_facts_are_bounded),
    };
    return UNIT_RUN("ceremony_report", tests);
}
