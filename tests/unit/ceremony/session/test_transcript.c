/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript.h"

#include <time.h>

#include "keystore/files/records.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static struct directory directory;
static const struct header header = { .keystore_id = { 0xca, 0xfe } };
static char text[TRANSCRIPT_MAX + 1];

#define KEYSTORE "keystore cafe0000000000000000000000000000\n"

static bool prepare(void)
{
    return secret_start() && unit_make_directory()
        && directory_create(unit_path("ks"), geteuid(), getegid(), &directory) == FAULT_NONE;
}

/* Appends an entry to the chain; its number, 0 where that was refused. */
static unsigned append(const char *verb, const char *kek)
{
    struct transcript entry;
    unsigned number = 0;
    if (!transcript_begin(&entry, verb))
        return 0;
    transcript_add(&entry, "kek", "%s", kek);
    return transcript_append(&entry, &directory, &header, &number) && !entry.text ? number : 0;
}

static const char *path_of(unsigned number)
{
    char name[TRANSCRIPT_NAME], path[64];
    transcript_name(number, ".txt", name);
    snprintf(path, sizeof path, "ks/records/%s", name);
    return unit_path(path);
}

static size_t read_entry(unsigned number)
{
    char name[TRANSCRIPT_NAME];
    size_t length = 0;
    transcript_name(number, ".txt", name);
    CU_ASSERT(records_read(&directory, name, (uint8_t *)text, TRANSCRIPT_MAX, &length) == FAULT_NONE);
    text[length] = '\0';
    return length;
}

/* Each test begins with a chain of this many entries. */
static void begin(unsigned count)
{
    struct record_list list;
    UNIT_NEED(records_list(&directory, "", &list) == FAULT_NONE);
    for (size_t i = 0; i < list.count; i++) {
        char path[RECORD_NAME_MAX + 16];
        snprintf(path, sizeof path, "ks/records/%s", list.names[i]);
        CU_ASSERT(unlink(unit_path(path)) == 0);
    }
    records_free(&list);
    for (unsigned number = 1; number <= count; number++)
        CU_ASSERT(append("test", "-") == number);
}

static void expect_chain(unsigned wanted_count, unsigned wanted_broken)
{
    unsigned count = 99, broken = 99;
    CU_ASSERT(transcript_check(&directory, &header, &count, &broken) == FAULT_NONE);
    CU_ASSERT_EQUAL(count, wanted_count);
    CU_ASSERT_EQUAL(broken, wanted_broken);
}

static void test_entries_have_names_in_their_order(void)
{
    char name[TRANSCRIPT_NAME];
    transcript_name(7, ".txt", name);
    CU_ASSERT_STRING_EQUAL(name, "transcript-000007.txt");
    transcript_name(999999, ".sig", name);
    CU_ASSERT_STRING_EQUAL(name, "transcript-999999.sig");
}

static void test_each_names_the_one_before_it(void)
{
    static const char first[] = "signer transcript 1\n" KEYSTORE "number 1\nprevious -\nverb test\ntime 20";
    char hash[SHA256_TEXT], second[512];
    begin(0);
    expect_chain(0, 0);
    begin(2);
    size_t length = read_entry(1);
    CU_ASSERT(strncmp(text, first, strlen(first)) == 0 && text[length - 1] == '\n' && strstr(text, "\nkek -\n"));
    sha256_text(text, length, hash);
    snprintf(second, sizeof second, "signer transcript 1\n" KEYSTORE "number 2\nprevious %s\nverb test\n", hash);
    (void)read_entry(2);
    CU_ASSERT(strncmp(text, second, strlen(second)) == 0);
    expect_chain(2, 0);
}

static void test_an_altered_entry_breaks_the_chain_behind_it(void)
{
    begin(3);
    size_t length = read_entry(2);
    char *verb = strstr(text, "verb test");
    UNIT_NEED(verb != NULL);
    verb[5] = 'b';
    UNIT_NEED(unit_write(path_of(2), text, length, 0600));
    expect_chain(3, 3);
    begin(3);
    length = read_entry(2);
    text[strlen("signer transcript 1\nkeystore ")] = 'd'; /* of another keystore */
    UNIT_NEED(unit_write(path_of(2), text, length, 0600));
    expect_chain(3, 2);
}

static void test_an_entry_that_is_gone_breaks_the_chain(void)
{
    begin(3);
    UNIT_NEED(unlink(path_of(2)) == 0);
    expect_chain(1, 2);
    begin(3);
    UNIT_NEED(unlink(path_of(1)) == 0);
    expect_chain(0, 1);
}

/* The last one, where its signature is still there. */
static void test_a_signature_without_its_entry_counts_for_nothing(void)
{
    begin(2);
    UNIT_NEED(unlink(path_of(2)) == 0);
    expect_chain(1, 0);
    UNIT_NEED(records_create(&directory, "transcript-000001.sig", (const uint8_t *)"x", 1) == FAULT_NONE);
    expect_chain(1, 0);
    UNIT_NEED(records_create(&directory, "transcript-000002.sig", (const uint8_t *)"x", 1) == FAULT_NONE);
    expect_chain(1, 2);
}

static void test_entries_in_each_others_place_break_the_chain(void)
{
    begin(2);
    UNIT_NEED(rename(path_of(1), unit_path("kept")) == 0 && rename(path_of(2), path_of(1)) == 0
              && rename(unit_path("kept"), path_of(2)) == 0);
    expect_chain(2, 1);
}

/* What somebody names themselves adds no line, and no control character for a terminal. */
static void test_a_value_is_one_printable_line(void)
{
    struct transcript entry;
    begin(0);
    UNIT_NEED(transcript_begin(&entry, "test"));
    transcript_add(&entry, "witness", "%s", "Eve\nkek 3f91-8a17-b121-6618\r\033[2J\x7f\xc3\xa9~ !");
    UNIT_NEED(transcript_append(&entry, &directory, &header, NULL));
    (void)read_entry(1);
    CU_ASSERT(strstr(text, "\nwitness Eve?kek 3f91-8a17-b121-6618??[2J???~ !\n") != NULL);
}

static void test_an_entry_that_is_too_long_is_refused(void)
{
    struct transcript entry;
    begin(1);
    UNIT_NEED(transcript_begin(&entry, "test"));
    for (int i = 0; !entry.rest.full; i++)
        transcript_add(&entry, "line", "%01000d", i);
    CU_ASSERT(entry.rest.left > 256); /* what stands above it would fit; a line that is missing tells */
    CU_ASSERT(!transcript_append(&entry, &directory, &header, NULL) && !entry.text);
    expect_chain(1, 0);
}

static void test_an_entry_tells_what_was_done(void)
{
    const struct kek_id kek = { { 0x3f, 0x91, 0x8a, 0x17, 0xb1, 0x21, 0x66, 0x18 } }, other = { { 1 } };
    uint64_t now = (uint64_t)time(NULL);
    begin(1);
    UNIT_NEED(append("import", "3f91-8a17-b121-6618") == 2 && append("test", "-") == 3);
    CU_ASSERT(transcript_has(&directory, "import", &kek, 0));
    CU_ASSERT(transcript_has(&directory, "import", &kek, now - 60));
    CU_ASSERT(!transcript_has(&directory, "import", &kek, now + 60));
    CU_ASSERT(!transcript_has(&directory, "import", &other, 0) && !transcript_has(&directory, "test", &kek, 0));
    CU_ASSERT(!transcript_has(&directory, "impor", &kek, 0)); /* a whole word, no beginning of one */
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_entries_have_names_in_their_order),
        UNIT_TEST(test_each_names_the_one_before_it),
        UNIT_TEST(test_an_altered_entry_breaks_the_chain_behind_it),
        UNIT_TEST(test_an_entry_that_is_gone_breaks_the_chain),
        UNIT_TEST(test_a_signature_without_its_entry_counts_for_nothing),
        UNIT_TEST(test_entries_in_each_others_place_break_the_chain),
        UNIT_TEST(test_a_value_is_one_printable_line),
        UNIT_TEST(test_an_entry_that_is_too_long_is_refused),
        UNIT_TEST(test_an_entry_tells_what_was_done),
    };
    int code = prepare() ? UNIT_RUN("transcript", tests) : 1;
    directory_close(&directory);
    unit_remove_directory();
    return code;
}
