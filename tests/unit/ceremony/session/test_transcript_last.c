/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript_last.h"

#include "base/time.h"
#include "tests/unit/ceremony/session/transcript_sample.h"

static bool append(const char *name, const char *value)
{
    struct transcript entry;
    if (!transcript_begin(&entry, "test"))
        return false;
    if (name)
        transcript_add(&entry, name, "%s", value);
    return transcript_append(&entry, &sample_directory, &sample_header, NULL);
}

static void test_the_newest_entry_that_has_the_line_is_told(void)
{
    char rest[64];
    sample_begin(0, NULL);
    CU_ASSERT(!transcript_last_line(&sample_directory, "crl ca number ", rest, sizeof rest) && rest[0] == '\0');
    CU_ASSERT(append("crl", "ca number 7 revoked 1") && append("crl", "other number 9 revoked 1")
              && append("crl", "ca number 8 revoked 2") && append(NULL, NULL));
    CU_ASSERT(transcript_last_line(&sample_directory, "crl ca number ", rest, sizeof rest));
    CU_ASSERT_STRING_EQUAL(rest, "8 revoked 2");
    CU_ASSERT(!transcript_last_line(&sample_directory, "rl ca", rest, sizeof rest));
    CU_ASSERT(!transcript_last_line(&sample_directory, "crl ca number ", rest, 5));
}

static void test_the_latest_time_is_that_of_any_entry(void)
{
    sample_begin(0, NULL);
    CU_ASSERT(transcript_last_time(&sample_directory) == 0);
    const uint64_t before = time_now();
    CU_ASSERT(append(NULL, NULL) && append(NULL, NULL));
    CU_ASSERT(transcript_last_time(&sample_directory) >= before);
    (void)sample_read(1);
    char *when = strstr(sample_text, "\ntime ");
    UNIT_NEED(when != NULL);
    memcpy(when + 6, "2044", 4);
    CU_ASSERT(sample_write(1, sample_text));
    uint64_t wanted;
    CU_ASSERT(time_parse("2044-01-01T00:00:00Z", &wanted) && transcript_last_time(&sample_directory) >= wanted);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_newest_entry_that_has_the_line_is_told),
        UNIT_TEST(test_the_latest_time_is_that_of_any_entry),
    };
    int code = sample_prepare() ? UNIT_RUN("transcript_last", tests) : 1;
    unit_remove_directory();
    return code;
}
