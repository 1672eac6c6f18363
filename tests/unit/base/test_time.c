/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include "tests/unit/unit.h"

static const char *text_of(uint64_t seconds)
{
    static char text[TIME_TEXT];
    time_text(seconds, text);
    return text;
}

static void test_a_point_in_time_is_written_in_utc(void)
{
    CU_ASSERT_STRING_EQUAL(text_of(1), "1970-01-01T00:00:01Z");
    CU_ASSERT_STRING_EQUAL(text_of(1767225600), "2026-01-01T00:00:00Z");
    CU_ASSERT_STRING_EQUAL(text_of(253402300799), "9999-12-31T23:59:59Z");
}

static void test_never_and_what_has_no_four_digit_year_are_a_dash(void)
{
    CU_ASSERT_STRING_EQUAL(text_of(0), "-");
    CU_ASSERT_STRING_EQUAL(text_of(253402300800), "-");
    CU_ASSERT_STRING_EQUAL(text_of(UINT64_MAX), "-");
}

static void test_a_stamp_fits_into_a_file_name(void)
{
    char stamp[TIME_STAMP];
    time_stamp(1767225600, stamp);
    CU_ASSERT_STRING_EQUAL(stamp, "20260101T000000Z");
    time_stamp(0, stamp);
    CU_ASSERT_STRING_EQUAL(stamp, "-");
}

static void test_what_was_written_is_read_again(void)
{
    static const uint64_t points[] = { 0, 1, 951782400, 1767225600, 4102444800, 253402300799 };
    for (size_t i = 0; i < UNIT_COUNT(points); i++) {
        uint64_t found = 9;
        CU_ASSERT(time_parse(text_of(points[i]), &found) && found == points[i]);
    }
}

static void test_any_other_form_is_refused(void)
{
    static const char *const others[] = { "",
                                          "2026-01-01T00:00:00",
                                          "2026-01-01T00:00:00Z ",
                                          " 2026-01-01T00:00:00Z",
                                          "2026-1-1T00:00:00Z",
                                          "2026-02-30T00:00:00Z",
                                          "2026-01-01T24:00:00Z",
                                          "2026-01-01T00:00:60Z",
                                          "2026-01-01 00:00:00Z",
                                          "1970-01-01T00:00:00Z",
                                          "1969-12-31T23:59:59Z",
                                          "--" };
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        uint64_t found;
        CU_ASSERT(!time_parse(others[i], &found));
    }
}

static void test_the_monotonic_clock_goes_on_while_we_sleep(void)
{
    uint64_t began = time_monotonic_ns();
    time_sleep_ms(3);
    CU_ASSERT(time_monotonic_ns() - began >= 3 * TIME_NS_PER_MS);
    CU_ASSERT(time_monotonic_ms() >= began / TIME_NS_PER_MS);
}

static void test_nanoseconds_become_seconds_and_a_rest(void)
{
    struct timespec span = time_to_timespec(2 * TIME_NS_PER_S + 5);
    CU_ASSERT(span.tv_sec == 2 && span.tv_nsec == 5);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_point_in_time_is_written_in_utc),
        UNIT_TEST(test_never_and_what_has_no_four_digit_year_are_a_dash),
        UNIT_TEST(test_a_stamp_fits_into_a_file_name),
        UNIT_TEST(test_what_was_written_is_read_again),
        UNIT_TEST(test_any_other_form_is_refused),
        UNIT_TEST(test_the_monotonic_clock_goes_on_while_we_sleep),
        UNIT_TEST(test_nanoseconds_become_seconds_and_a_rest),
    };
    return UNIT_RUN("time", tests);
}
