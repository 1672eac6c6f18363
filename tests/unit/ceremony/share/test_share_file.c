/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/share_file.h"

#include <ctype.h>

#include "keystore/share/slip39_words.h"
#include "tests/unit/ceremony_shares.h"

static struct split split;
static struct known_sets known;
static struct share_tray tray;
static char words_text[SHARE_FILE_MAX]; /* of the first share, as a line without its end */

static bool prepare(void)
{
    if (!shares_start() || !unit_make_directory() || !shares_split(2, 3, &shares_unknown, &split))
        return false;
    known = (struct known_sets){ 1, &split.set };
    for (size_t i = 0; i < split.word_count; i++) {
        size_t used = strlen(words_text);
        snprintf(words_text + used, sizeof words_text - used, "%s%s", i > 0 ? " " : "",
                 slip39_words_text(split.words[0][i]));
    }
    return true;
}

/* -- writing -- */

static void test_a_known_share_is_written_byte_for_byte(void)
{
    const struct share_set set = { .kek.bytes = { 0xa1, 0xb2 },
                                   .set = 0x1a2b,
                                   .generation = 3,
                                   .made = 1767225600,
                                   .group_threshold = 1,
                                   .group_count = 1,
                                   .groups[0] = { 2, 3 } };
    struct share_holder holder = { .group = 1, .member = 2, .fingerprint = { 0xff }, .label = "Jane Doe" };
    static const uint16_t words[] = { 0, 1023 };
    static const char named[] = "# REHEARSAL: this is a share of a throw-away key\n"
                                "# SECRET: a share of KEK a1b2-0000-0000-0000; enough of these open the keystore\n"
                                "# member 2; 2 of 3 open; set 1a2b, generation 3, made 2026-01-01T00:00:00Z\n"
                                "# custodian Jane Doe\n"
                                "# fingerprint ff00-0000-0000-0000-0000-0000-0000-0000\n"
                                "academic zero\n";
    char text[SHARE_FILE_MAX];
    CU_ASSERT(share_file_text(&set, &holder, words, 2, true, text, sizeof text) == strlen(named));
    CU_ASSERT_STRING_EQUAL(text, named);
    holder.label[0] = '\0';
    CU_ASSERT(share_file_text(&set, &holder, words, 2, false, text, sizeof text) > 0);
    CU_ASSERT(strncmp(text, "# SECRET", 8) == 0 && !strstr(text, "custodian"));
}

static void test_a_share_that_does_not_fit_is_not_written(void)
{
    static char text[SHARE_FILE_MAX];
    size_t length = share_file_text(&split.set, &split.set.holders[0], split.words[0], split.word_count, true, text,
                                    sizeof text);
    UNIT_NEED(length > 0 && length < sizeof text);
    for (size_t room = 0; room <= length; room++) {
        memset(text, 0x7a, sizeof text);
        CU_ASSERT(share_file_text(&split.set, &split.set.holders[0], split.words[0], split.word_count, true, text, room)
                  == 0);
        CU_ASSERT(unit_all((const uint8_t *)text + room, sizeof text - room, 0x7a));
    }
}

static void test_a_share_file_has_the_name_of_its_member(void)
{
    const struct share_set groups = { .group_count = 2 };
    const struct share_holder holder = { .group = 2, .member = 3 };
    char name[SHARE_FILE_NAME];
    share_file_name(&split.set, &split.set.holders[2], "share", ".txt", name);
    CU_ASSERT_STRING_EQUAL(name, "share-3.txt");
    share_file_name(&groups, &holder, "card", ".pdf", name);
    CU_ASSERT_STRING_EQUAL(name, "card-2-3.pdf");
}

/* -- reading -- */

/* Takes a file with this content into an empty tray. */
static enum fault read_written(const char *content, size_t length)
{
    share_tray_close(&tray);
    CU_ASSERT(share_tray_open(&tray, &known) && unit_write(unit_path("share"), content, length, 0600));
    return share_file_read(&tray, unit_path("share"), true);
}

static bool is_first(void)
{
    struct slip39_share first;
    return tray.count == 1 && slip39_decode(split.words[0], split.word_count, &first) == FAULT_NONE
        && memcmp(tray.shares, &first, sizeof first) == 0;
}

static void test_a_share_is_read_as_it_was_written(void)
{
    char text[SHARE_FILE_MAX];
    size_t length = share_file_text(&split.set, &split.set.holders[0], split.words[0], split.word_count, true, text,
                                    sizeof text);
    CU_ASSERT(read_written(text, length) == FAULT_NONE && is_first());
    CU_ASSERT_STRING_EQUAL(tray.names[0], unit_path("share"));
}

static void test_words_are_read_whatever_stands_between_them(void)
{
    char text[SHARE_FILE_MAX] = "\t", *to = text + 1;
    CU_ASSERT(read_written(words_text, strlen(words_text)) == FAULT_NONE && is_first());
    for (const char *c = words_text; *c; c++)
        *to++ = *c == ' ' ? '\n' : (char)toupper((unsigned char)*c);
    CU_ASSERT(read_written(text, (size_t)(to - text)) == FAULT_NONE && is_first());
    to = text;
    for (size_t i = 0; i < split.word_count; i++)
        to += sprintf(to, "%.4s \r\n#%s\n", slip39_words_text(split.words[0][i]), i == 5 ? "zero" : "");
    CU_ASSERT(read_written(text, (size_t)(to - text)) == FAULT_NONE && is_first());
}

static void test_a_file_that_is_no_share_is_refused(void)
{
    char text[2 * SHARE_FILE_MAX];
    CU_ASSERT(read_written("", 0) == FAULT_SHARE_LENGTH && read_written("# zero\n", 7) == FAULT_SHARE_LENGTH);
    CU_ASSERT(read_written("zero", 4) == FAULT_SHARE_LENGTH);
    CU_ASSERT(read_written("zero\0", 5) == FAULT_SHARE_WORD && read_written("- zero", 6) == FAULT_SHARE_WORD);
    snprintf(text, sizeof text, "%s zero", words_text);
    CU_ASSERT(read_written(text, strlen(text)) == FAULT_SHARE_LENGTH);
    snprintf(text, sizeof text, "%s", words_text);
    memcpy(text, strncmp(text, "zero", 4) == 0 ? "acid" : "zero", 4);
    *strchr(text, ' ') = '\n';
    memset(text + 4, ' ', strcspn(text + 4, "\n"));
    CU_ASSERT(read_written(text, strlen(text)) == FAULT_SHARE_CHECKSUM && tray.count == 0);
    memset(text, ' ', sizeof text);
    CU_ASSERT(read_written(text, SHARE_FILE_MAX) == FAULT_SHARE_LENGTH);
    CU_ASSERT(read_written(text, SHARE_FILE_MAX + 1) == FAULT_FILE_TOO_LARGE);
    memcpy(text, "%PDF-1.4", 8);
    CU_ASSERT(read_written(text, SHARE_FILE_MAX + 1) == FAULT_SHARE_WORD);
    CU_ASSERT(tray.count == 0);
}

static void test_a_share_that_is_not_there_is_a_fault(void)
{
    CU_ASSERT(share_file_read(&tray, unit_path("absent"), true) == FAULT_FILE_MISSING);
    CU_ASSERT(share_file_read(&tray, "academic", true) == FAULT_FILE_MISSING); /* a word, and no file */
    CU_ASSERT(share_file_read(&tray, unit_directory, true) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(share_file_read(&tray, "fd:987", true) == FAULT_FILE_MISSING);
}

static void test_a_share_is_read_from_a_descriptor(void)
{
    char source[16];
    CU_ASSERT(read_written(words_text, strlen(words_text)) == FAULT_NONE);
    int fd = open(unit_path("share"), O_RDONLY | O_CLOEXEC);
    snprintf(source, sizeof source, "fd:%d", fd);
    CU_ASSERT(share_file_read(&tray, source, true) == FAULT_SHARE_DUPLICATE && tray.count == 1);
    CU_ASSERT(lseek(fd, 0, SEEK_SET) == 0 && share_file_read(&tray, source, false) == FAULT_NONE && tray.count == 2);
    CU_ASSERT_STRING_EQUAL(tray.names[1], source);
    close(fd);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_share_is_written_byte_for_byte),
        UNIT_TEST(test_a_share_that_does_not_fit_is_not_written),
        UNIT_TEST(test_a_share_file_has_the_name_of_its_member),
        UNIT_TEST(test_a_share_is_read_as_it_was_written),
        UNIT_TEST(test_words_are_read_whatever_stands_between_them),
        UNIT_TEST(test_a_file_that_is_no_share_is_refused),
        UNIT_TEST(test_a_share_that_is_not_there_is_a_fault),
        UNIT_TEST(test_a_share_is_read_from_a_descriptor),
    };
    int result = prepare() ? UNIT_RUN("share_file", tests) : 1;
    share_tray_close(&tray);
    split_free(&split);
    unit_remove_directory();
    return result;
}
