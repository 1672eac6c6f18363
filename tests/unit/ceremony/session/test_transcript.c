/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript.h"

#include <time.h>

#include "tests/unit/ceremony/session/transcript_sample.h"

static void test_each_names_the_one_before_it(void)
{
    static const char first[] = "signer transcript 2\n" SAMPLE_KEYSTORE "number 1\nprevious -\nverb test\ntime 20";
    char hash[SHA256_TEXT], second[512];
    sample_begin(2, NULL);
    size_t length = sample_read(1);
    CU_ASSERT(strncmp(sample_text, first, strlen(first)) == 0 && strstr(sample_text, "\nkek -\n"));
    sha256_text(sample_text, length, hash);
    snprintf(second, sizeof second, "signer transcript 2\n" SAMPLE_KEYSTORE "number 2\nprevious %s\nverb test\n", hash);
    (void)sample_read(2);
    CU_ASSERT(strncmp(sample_text, second, strlen(second)) == 0);
}

/* The last line of an entry, without its newline. */
static const char *last_line(unsigned number)
{
    size_t length = sample_read(number);
    sample_text[length - 1] = '\0';
    const char *line = strrchr(sample_text, '\n');
    return line ? line + 1 : sample_text;
}

static void test_the_last_line_has_the_mac_where_a_kek_is_at_hand(void)
{
    struct transcript_claim claim = { .keystore_id = { 0xca, 0xfe }, .number = 2 };
    uint8_t mac[TRANSCRIPT_MAC_SIZE];
    char line[128] = "mac " SAMPLE_KEK " ";
    sample_begin(2, &sample_kek);
    sha256(sample_text, sample_read(1), claim.previous);
    const char *found = last_line(2);
    sha256(sample_text, (size_t)(found - sample_text), claim.sha256);
    transcript_mac(&sample_kek, &claim, mac);
    bytes_to_hex(mac, sizeof mac, line + strlen(line));
    CU_ASSERT_STRING_EQUAL(found, line);
}

static void test_the_last_line_says_that_no_kek_was_at_hand(void)
{
    sample_begin(1, NULL);
    CU_ASSERT_STRING_EQUAL(last_line(1), "mac -");
}

/* What somebody names themselves adds no line, and no control character for a terminal. */
static void test_a_value_is_one_printable_line(void)
{
    struct transcript entry;
    sample_begin(0, NULL);
    UNIT_NEED(transcript_begin(&entry, "test"));
    transcript_add(&entry, "witness", "%s", "Eve\nkek 3f91-8a17-b121-6618\r\033[2J\x7f\xc3\xa9~ !");
    UNIT_NEED(transcript_append(&entry, &sample_directory, &sample_header, NULL));
    (void)sample_read(1);
    CU_ASSERT(strstr(sample_text, "\nwitness Eve?kek 3f91-8a17-b121-6618??[2J?\xc3\xa9~ !\n") != NULL);
}

static bool append_with_room(size_t left)
{
    struct transcript entry;
    if (!transcript_begin(&entry, "test"))
        return false;
    while (entry.rest.left > left + 1000)
        transcript_add(&entry, "line", "%0900d", 0);
    transcript_add(&entry, "line", "%0*d", (int)(entry.rest.left - left - strlen("line \n")), 0);
    CU_ASSERT(entry.rest.left == left && !entry.rest.full);
    return transcript_append(&entry, &sample_directory, &sample_header, &sample_kek) && !entry.text;
}

/* The lines in front and the MAC behind it must fit as well. */
static void test_an_entry_that_is_too_long_is_refused(void)
{
    size_t least = 1;
    sample_begin(1, &sample_kek);
    while (least < 1000 && !append_with_room(least))
        least++;
    CU_ASSERT(least > 200 && access(sample_path(2), F_OK) == 0 && access(sample_path(3), F_OK) != 0);
    CU_ASSERT(sample_read(2) == TRANSCRIPT_MAX - 1);
}

static void test_an_entry_with_a_line_that_did_not_fit_is_refused(void)
{
    struct transcript entry;
    sample_begin(1, NULL);
    UNIT_NEED(transcript_begin(&entry, "test"));
    for (int i = 0; !entry.rest.full; i++)
        transcript_add(&entry, "line", "%01000d", i);
    CU_ASSERT(entry.rest.left > 256); /* what stands above it would fit; a line that is missing tells */
    CU_ASSERT(!transcript_append(&entry, &sample_directory, &sample_header, NULL) && !entry.text);
    CU_ASSERT(access(sample_path(2), F_OK) != 0);
}

static void test_an_entry_tells_what_was_done(void)
{
    const struct kek_id kek = { { 0x3f, 0x91, 0x8a, 0x17, 0xb1, 0x21, 0x66, 0x18 } }, other = { { 1 } };
    uint64_t now = (uint64_t)time(NULL);
    sample_begin(1, NULL);
    UNIT_NEED(sample_append("import", SAMPLE_KEK, NULL) && sample_append("test", "-", NULL));
    CU_ASSERT(transcript_has(&sample_directory, "import", &kek, 0));
    CU_ASSERT(transcript_has(&sample_directory, "import", &kek, now - 60));
    CU_ASSERT(!transcript_has(&sample_directory, "import", &kek, now + 60));
    CU_ASSERT(!transcript_has(&sample_directory, "import", &other, 0));
    CU_ASSERT(!transcript_has(&sample_directory, "test", &kek, 0));
    CU_ASSERT(!transcript_has(&sample_directory, "impor", &kek, 0)); /* a whole word, no beginning of one */
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_each_names_the_one_before_it),
        UNIT_TEST(test_the_last_line_has_the_mac_where_a_kek_is_at_hand),
        UNIT_TEST(test_the_last_line_says_that_no_kek_was_at_hand),
        UNIT_TEST(test_a_value_is_one_printable_line),
        UNIT_TEST(test_an_entry_that_is_too_long_is_refused),
        UNIT_TEST(test_an_entry_with_a_line_that_did_not_fit_is_refused),
        UNIT_TEST(test_an_entry_tells_what_was_done),
    };
    int code = sample_prepare() ? UNIT_RUN("transcript", tests) : 1;
    sample_end();
    return code;
}
