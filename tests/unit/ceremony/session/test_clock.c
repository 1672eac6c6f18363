/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/clock.h"

#include "base/time.h"
#include "tests/unit/unit.h"

enum { DAY = 24 * 60 * 60 };

static void test_a_few_minutes_are_no_future(void)
{
    const uint64_t now = time_now();
    CU_ASSERT(!clock_is_future(0) && !clock_is_future(now) && !clock_is_future(now + 4 * 60));
    CU_ASSERT(clock_is_future(now + 10 * 60) && clock_is_future(UINT64_MAX));
}

static void test_an_archive_of_the_future_or_a_year_away_is_told(void)
{
    char sentence[CLOCK_SENTENCE];
    const uint64_t now = time_now();
    CU_ASSERT(!clock_check_archive(now, sentence) && !clock_check_archive(now - (uint64_t)364 * DAY, sentence));
    CU_ASSERT(clock_check_archive(now + DAY, sentence) && strstr(sentence, "in the future"));
    CU_ASSERT(clock_check_archive(now - (uint64_t)366 * DAY, sentence) && strstr(sentence, "more than a year"));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_few_minutes_are_no_future),
        UNIT_TEST(test_an_archive_of_the_future_or_a_year_away_is_told),
    };
    return UNIT_RUN("clock", tests);
}
