/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "keystore/share/share_set.h"

#include "keystore/format/bytes.h"
#include "keystore/format/checksum.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* 2 of the groups 2/3 and 1/2; the two of the second hold the same words. */
static const char known[] = "signer share set 1\n"
                            "keystore 000102030405060708090a0b0c0d0e0f\n"
                            "kek 3f91-8a17-b121-6618\n"
                            "set 05a5\n"
                            "generation 12\n"
                            "made 2026-11-21T10:00:00Z\n"
                            "opened -\n"
                            "groups 2 of 2\n"
                            "group 1: 2 of 3\n"
                            "group 2: 1 of 2\n"
                            "share 1-1 1010-1010-1010-1010-1010-1010-1010-1010 verified - Alice Example, vault 1\n"
                            "share 1-2 1111-1111-1111-1111-1111-1111-1111-1111 verified 2026-11-22T23:59:59Z\n"
                            "share 1-3 1212-1212-1212-1212-1212-1212-1212-1212 verified -\n"
                            "share 2-1 2020-2020-2020-2020-2020-2020-2020-2020 verified 2027-02-28T00:00:01Z Bob\n"
                            "share 2-2 2020-2020-2020-2020-2020-2020-2020-2020 verified - ~!\"#\n";

static struct share_set set, back;
static uint8_t text[SHARE_SET_FILE_MAX + 1];
static size_t length;

/* -- what the text above says -- */

static void hold(uint8_t group, uint8_t member, uint8_t byte, uint64_t verified, const char *label)
{
    struct share_holder *holder = &set.holders[set.count++];
    holder->group = group;
    holder->member = member;
    holder->verified = verified;
    memset(holder->fingerprint, byte, sizeof holder->fingerprint);
    snprintf(holder->label, sizeof holder->label, "%s", label);
}

static void make(void)
{
    static const struct kek_id id = { { 0x3f, 0x91, 0x8a, 0x17, 0xb1, 0x21, 0x66, 0x18 } };
    memset(&set, 0, sizeof set);
    for (uint8_t i = 0; i < KEYSTORE_ID_SIZE; i++)
        set.keystore_id[i] = i;
    set.kek = id;
    set.set = 0x5a5;
    set.generation = 12;
    set.made = 1795255200;
    set.group_threshold = set.group_count = 2;
    set.groups[0].threshold = 2;
    set.groups[0].count = 3;
    set.groups[1].threshold = 1;
    set.groups[1].count = 2;
    hold(1, 1, 0x10, 0, "Alice Example, vault 1");
    hold(1, 2, 0x11, 1795391999, "");
    hold(1, 3, 0x12, 0, "");
    hold(2, 1, 0x20, 1803772801, "Bob");
    hold(2, 2, 0x20, 0, "~!\"#");
    length = share_set_encode(&set, text, sizeof text);
}

static enum fault parse(const uint8_t *bytes, size_t count)
{
    memset(&back, 0xa5, sizeof back);
    enum fault fault = share_set_parse(bytes, count, &back);
    CU_ASSERT(fault == FAULT_NONE || unit_all((const uint8_t *)&back, sizeof back, 0));
    return fault;
}

/* Parses a text to which a right checksum is added. */
static enum fault parse_summed(const char *body)
{
    static char whole[SHARE_SET_FILE_MAX];
    uint8_t sum[CHECKSUM_SIZE];
    char hex[2 * CHECKSUM_SIZE + 1];
    checksum((const uint8_t *)body, strlen(body), sum);
    bytes_to_hex(sum, sizeof sum, hex);
    snprintf(whole, sizeof whole, "%schecksum %s\n", body, hex);
    return parse((const uint8_t *)whole, strlen(whole));
}

/* The known text with the first `from` in it replaced. */
static enum fault parse_changed(const char *from, const char *to)
{
    static char body[2 * sizeof known];
    const char *at = strstr(known, from);
    CU_ASSERT(at != NULL);
    if (!at)
        return FAULT_NONE;
    snprintf(body, sizeof body, "%.*s%s%s", (int)(at - known), known, to, at + strlen(from));
    return parse_summed(body);
}

static bool is_there_and_back(void)
{
    length = share_set_encode(&set, text, sizeof text);
    return length > 0 && parse(text, length) == FAULT_NONE && memcmp(&set, &back, sizeof set) == 0;
}

/* -- there and back -- */

static void test_a_known_record_is_written_and_read_byte_for_byte(void)
{
    make();
    CU_ASSERT(length > sizeof known && memcmp(text, known, sizeof known - 1) == 0);
    CU_ASSERT(parse_summed(known) == FAULT_NONE && memcmp(&set, &back, sizeof set) == 0);
    CU_ASSERT(is_there_and_back());
}

static void test_a_record_of_no_keystore_has_a_dash_for_it(void)
{
    make();
    memset(set.keystore_id, 0, sizeof set.keystore_id);
    CU_ASSERT(is_there_and_back() && strstr((char *)text, "\nkeystore -\n"));
}

static void test_one_group_is_not_named(void)
{
    make();
    set.group_threshold = set.group_count = 1;
    set.groups[1].threshold = set.groups[1].count = 0;
    memset(&set.holders[3], 0, 2 * sizeof set.holders[3]);
    set.count = 3;
    CU_ASSERT(is_there_and_back() && strstr((char *)text, "\nshare 3 1212-"));
}

static void test_the_largest_record_is_written_and_read(void)
{
    make();
    set.count = 0;
    memset(set.holders, 0, sizeof set.holders);
    set.set = SLIP39_ID_COUNT - 1;
    set.generation = SHARE_GENERATION_MAX;
    set.group_threshold = set.group_count = SLIP39_GROUPS_MAX;
    for (uint8_t group = 0; group < SLIP39_GROUPS_MAX; group++) {
        set.groups[group].threshold = set.groups[group].count = SHAMIR_SHARES_MAX;
        for (uint8_t member = 0; member < SHAMIR_SHARES_MAX; member++)
            hold(group + 1, member + 1, (uint8_t)(16 * group + member), 253402300799,
                 "a name of forty-eight letters, no more, no less.");
    }
    CU_ASSERT(set.count == SLIP39_SHARES_MAX && strlen(set.holders[0].label) == SHARE_LABEL_MAX);
    CU_ASSERT(is_there_and_back() && length < SHARE_SET_FILE_MAX);
}

static void test_a_record_that_does_not_fit_is_not_written(void)
{
    static uint8_t small[2048];
    make();
    size_t whole = length;
    for (size_t capacity = 0; capacity <= whole; capacity++)
        CU_ASSERT(share_set_encode(&set, small, capacity) == 0);
    CU_ASSERT(share_set_encode(&set, small, whole + 1) == whole && memcmp(small, text, whole) == 0);
}

/* -- accidents -- */

static void test_a_record_with_a_changed_byte_is_refused(void)
{
    static const char others[] = " \n-0aZ\t\r";
    make();
    for (size_t at = 0; at < length; at++) {
        uint8_t kept = text[at];
        for (unsigned bit = 0; bit < 8; bit++) {
            text[at] = kept ^ (uint8_t)(1u << bit);
            CU_ASSERT(parse(text, length) == FAULT_RECORD_CORRUPT);
        }
        for (size_t i = 0; i < sizeof others; i++) { /* NUL too */
            text[at] = (uint8_t)others[i];
            CU_ASSERT((parse(text, length) == FAULT_NONE) == (text[at] == kept));
        }
        text[at] = kept;
    }
    CU_ASSERT(parse(text, length) == FAULT_NONE);
}

static void test_a_record_with_a_byte_left_out_or_doubled_is_refused(void)
{
    static uint8_t other[2048];
    make();
    for (size_t at = 0; at < length; at++) {
        memcpy(other, text, at);
        memcpy(other + at, text + at + 1, length - at - 1);
        CU_ASSERT(parse(other, length - 1) == FAULT_RECORD_CORRUPT);
        memcpy(other + at, text + at, 1);
        memcpy(other + at + 1, text + at, length - at);
        CU_ASSERT(parse(other, length + 1) == FAULT_RECORD_CORRUPT);
    }
}

static void test_a_record_cut_anywhere_is_refused(void)
{
    make();
    for (size_t count = 0; count < length; count++)
        CU_ASSERT(parse(text, count) == FAULT_RECORD_CORRUPT);
    CU_ASSERT(parse(text, length) == FAULT_NONE);
}

static void test_a_record_with_a_byte_behind_it_is_refused(void)
{
    make();
    for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
        text[length] = (uint8_t)byte;
        CU_ASSERT(parse(text, length + 1) == FAULT_RECORD_CORRUPT);
    }
    memset(text + length, '\n', sizeof text - length);
    CU_ASSERT(parse(text, SHARE_SET_FILE_MAX) == FAULT_RECORD_CORRUPT);
    CU_ASSERT(parse(text, SHARE_SET_FILE_MAX + 1) == FAULT_RECORD_CORRUPT);
}

static void test_what_is_no_record_at_all_is_refused(void)
{
    static const char *const none[] = { "", "\n", "signer share set 1\n", "checksum \n", "%s%n%99999d" };
    for (size_t i = 0; i < UNIT_COUNT(none); i++) {
        CU_ASSERT(parse((const uint8_t *)none[i], strlen(none[i])) == FAULT_RECORD_CORRUPT);
        CU_ASSERT(parse_summed(none[i]) == FAULT_RECORD_CORRUPT);
    }
}

/* -- texts that say something else, with a right checksum -- */

struct change {
    const char *from, *to;
};

#define ARE_REFUSED(changes) are_refused(changes, UNIT_COUNT(changes))

static void are_refused(const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum fault fault = parse_changed(changes[i].from, changes[i].to);
        if (fault != FAULT_RECORD_CORRUPT)
            fprintf(stderr, "\n    not refused: %s -> %s", changes[i].from, changes[i].to);
        CU_ASSERT(fault == FAULT_RECORD_CORRUPT);
    }
}

static void test_a_record_with_other_right_values_is_taken(void)
{
    static const struct change right[] = {
        { "set 05a5", "set 7fff" },
        { "set 05a5", "set 0000" },
        { "generation 12", "generation 1" },
        { "generation 12", "generation 9999" },
        { "opened -", "opened 2026-11-21T10:00:01Z" },
        { "groups 2 of 2", "groups 1 of 2" },
        { "group 1: 2", "group 1: 3" },
        { " Bob", "" },
        { " Bob", " Bob  the second" },
        { "opened -", "opened 2028-02-29T10:00:01Z" },
    };
    for (size_t i = 0; i < UNIT_COUNT(right); i++)
        CU_ASSERT(parse_changed(right[i].from, right[i].to) == FAULT_NONE);
}

static void test_another_form_of_the_same_record_is_refused(void)
{
    static const struct change other[] = {
        { "signer share set 1", "signer share set 2" },
        { "signer share set 1", "signer  share set 1" },
        { "signer share set 1", " signer share set 1" },
        { "set 05a5", "set 05A5" },
        { "set 05a5", "set 5a5" },
        { "set 05a5", "set +5a5" },
        { "set 05a5", "set 0x5a" },
        { "generation 12", "generation 012" },
        { "generation 12", "generation +12" },
        { "generation 12", "generation  12" },
        { "generation 12\n", "generation 12 \n" },
        { "generation 12\n", "generation 12\r\n" },
        { "generation 12\n", "generation 12\n\n" },
        { "generation 12\nmade", "generation 12 made" },
        { "kek 3f91", "kek 3F91" },
        { "kek 3f91-8a17", "kek 3f91 8a17" },
        { "0a0b0c0d0e0f", "0A0B0C0D0E0F" },
        { "group 1: 2 of 3", "group 01: 2 of 3" },
        { "group 1: 2 of 3", "group 1:2 of 3" },
        { "groups 2 of 2", "groups 02 of 2" },
        { "share 1-1", "share 01-1" },
        { "share 1-1", "share  1-1" },
        { "verified - Alice", "verified -  Alice" },
        { "made 2026", "made\t2026" },
        { "groups 2", "# a remark\ngroups 2" },
    };
    ARE_REFUSED(other);
}

static void test_a_record_with_an_id_that_is_none_is_refused(void)
{
    static const struct change bad[] = {
        { "set 05a5", "set 8000" },
        { "set 05a5", "set ffff" },
        { "set 05a5", "set 105a5" },
        { "set 05a5", "set -001" },
        { "set 05a5", "set " },
        { "kek 3f91", "kek 3f9" },
        { "kek 3f91", "kek 3f91f" },
        { "kek 3f91-8a17-b121-6618", "kek 3f91-8a17-b121" },
        { "b121-6618", "b121-6618-0000" },
        { "kek 3f91", "kek 3g91" },
        { "kek 3f91", "kek -f91" },
        { "0c0d0e0f", "0c0d0e" },
        { "0c0d0e0f", "0c0d0e0" },
        { "0c0d0e0f", "0c0d0e0f00" },
        { "0c0d0e0f", "0c0d0e0g" },
        { "0c0d0e0f", "0c0d0e-f" },
        { "0c0d0e0f", "0c0d0e0x" },
        { "000102030405060708090a0b0c0d0e0f", "00000000000000000000000000000000" },
        { "000102030405060708090a0b0c0d0e0f", "--" },
        { "000102030405060708090a0b0c0d0e0f", "00" },
    };
    ARE_REFUSED(bad);
}

/* Odd: the second digit of a byte is the text's end. */
static void test_a_record_with_a_keystore_id_of_another_length_is_refused(void)
{
    static const struct change bad[] = {
        { "000102030405060708090a0b0c0d0e0f", "0" },
        { "000102030405060708090a0b0c0d0e0f", "000" },
        { "000102030405060708090a0b0c0d0e0f", "000102030405060" },
        { "000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0" },
    };
    ARE_REFUSED(bad);
}

static void test_a_record_with_a_generation_that_is_none_is_refused(void)
{
    static const struct change bad[] = {
        { "generation 12", "generation 10000" },      { "generation 12", "generation -1" },
        { "generation 12", "generation 4294967308" }, { "generation 12", "generation " },
        { "generation 12", "generation x" },          { "generation 12", "generation 0" },
    };
    ARE_REFUSED(bad);
}

static void test_a_record_with_a_time_that_is_none_is_refused(void)
{
    static const struct change bad[] = {
        { "made 2026-11-21T10:00:00Z", "made 2026-11-31T10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-02-29T10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-13-21T10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-00-21T10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-00T10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21T24:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21T10:60:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21T10:00:60Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21T10:00:00" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21T10:00:00z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21t10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21 10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21T10:00:00+01:00" },
        { "made 2026-11-21T10:00:00Z", "made 2026-11-21T1:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 26-11-21T10:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 1969-12-31T23:59:59Z" },
        { "made 2026-11-21T10:00:00Z", "made 1970-01-01T00:00:00Z" },
        { "made 2026-11-21T10:00:00Z", "made 1795255200" },
        { "made 2026-11-21T10:00:00Z", "made --" },
        { "opened -", "opened 0" },
        { "opened -", "opened" },
        { "verified 2026-11-22T23:59:59Z", "verified 2026-11-22T23:59:61Z" },
        { "verified 2026-11-22T23:59:59Z", "verified 2026-11-22T23:59:59ZZ" },
        { "verified 2026-11-22T23:59:59Z", "verified" },
    };
    ARE_REFUSED(bad);
}

static void test_a_record_with_a_threshold_that_cannot_be_is_refused(void)
{
    static const struct change bad[] = {
        { "groups 2 of 2", "groups 3 of 2" },
        { "groups 2 of 2", "groups 0 of 2" },
        { "groups 2 of 2", "groups 2 of 1" },
        { "groups 2 of 2", "groups 2 of 3" },
        { "groups 2 of 2", "groups 1 of 1" },
        { "groups 2 of 2", "groups 2 of 17" },
        { "groups 2 of 2", "groups -1 of 2" },
        { "groups 2 of 2", "groups 2 of 0" },
        { "group 1: 2 of 3", "group 1: 4 of 3" },
        { "group 1: 2 of 3", "group 1: 0 of 3" },
        { "group 1: 2 of 3", "group 1: 2 of 1" },
        { "group 1: 2 of 3", "group 1: 2 of 17" },
        { "group 1: 2 of 3", "group 1: 2 of 2" },
        { "group 1: 2 of 3", "group 1: 2 of 4" },
        { "group 1: 2 of 3", "group 3: 2 of 3" },
        { "group 1: 2 of 3", "group 0: 2 of 3" },
        { "group 1: 2 of 3\n", "" },
        { "group 2: 1 of 2\n", "" },
        { "group 2: 1 of 2", "group 2: 0 of 0" },
        { "group 2", "group 2: 1 of 2\ngroup 3" },
        { "group 1: 2 of 3\ngroup 2: 1 of 2", "group 2: 1 of 2\ngroup 1: 2 of 3" },
    };
    ARE_REFUSED(bad);
}

static void test_a_record_with_members_out_of_order_is_refused(void)
{
    static const struct change bad[] = {
        { "share 1-1", "share 1-2" },
        { "share 1-1", "share 2-1" },
        { "share 1-1", "share 1-0" },
        { "share 1-1", "share 1" },
        { "share 1-1", "share 1-1-1" },
        { "share 1-1", "share 1-1 1-1" },
        { "share 1-1", "shared 1-1" },
        { "share 2-2", "share 2-3" },
        { "share 1-1", "share 123456789-1" },
        { "1010-1010", "1010-101" },
        { "1010-1010", "101g-1010" },
        { "1111-1111", "1111-" },
        { "1010-1010", "10101010" },
        { "1212-", "1212-1212-" },
        { "share 1-3 1212-1212-1212-1212-1212-1212-1212-1212 verified -\n", "" },
        { "share 1-3 ", "share 1-3 1212-1212-1212-1212-1212-1212-1212-1212 verified -\nshare 1-4 " },
        { "- ~!\"#\n", "-\nshare 2-3 2020-2020-2020-2020-2020-2020-2020-2020 verified -\n" },
    };
    ARE_REFUSED(bad);
}

static void test_a_record_with_a_label_that_is_none_is_refused(void)
{
    static const struct change bad[] = {
        { " Bob", "  Bob" },
        { " Bob", " Bob " },
        { " Bob", " " },
        { " Bob", " B\tb" },
        { " Bob", " B\rb" },
        { " Bob", " B\x7f" },
        { " Bob", " E\xcc\x81ve" },
        { " Bob", " \x1b[2J" },
        { " Bob", "Bob" },
        { " Bob", " a name of forty-eight letters, no more, no less.x" },
    };
    ARE_REFUSED(bad);
    CU_ASSERT(parse_changed(" Bob", " a name of forty-eight letters, no more, no less.") == FAULT_NONE);
}

/* -- labels and times -- */

static void test_a_label_is_a_name_without_space_at_its_ends(void)
{
    static const char *const good[] = { "",
                                        "x",
                                        "Alice B.",
                                        "\xc3\x89ve",
                                        "\xe9\x88\xb4\xe6\x9c\xa8",
                                        "a  b",
                                        "~!@#$%^&*()",
                                        "a name of forty-eight letters, no more, no less." };
    static const char *const bad[] = { " ",     " x",   "x ",
                                       "\n",    "x\n",  "\t",
                                       "x\x7f", "\x80", "E\xcc\x81ve",
                                       "\xff",  "\x1f", "a name of forty-eight letters, no more, no less.." };
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        CU_ASSERT(share_set_is_label(good[i]));
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(!share_set_is_label(bad[i]));
}

static void test_times_are_written_and_parsed_as_text(void)
{
    static const struct {
        uint64_t seconds;
        const char *text;
    } times[] = { { 0, "-" },
                  { 1, "1970-01-01T00:00:01Z" },
                  { 951782400, "2000-02-29T00:00:00Z" },
                  { 1795255200, "2026-11-21T10:00:00Z" },
                  { 2147483648, "2038-01-19T03:14:08Z" },
                  { 253402300799, "9999-12-31T23:59:59Z" } };
    char written[TIME_TEXT];
    uint64_t read;
    CU_ASSERT(setenv("TZ", "Asia/Kolkata", 1) == 0);
    for (size_t i = 0; i < UNIT_COUNT(times); i++) {
        time_text(times[i].seconds, written);
        CU_ASSERT(strcmp(written, times[i].text) == 0);
        CU_ASSERT(time_parse(times[i].text, &read) && read == times[i].seconds);
    }
    time_text(253402300800, written);
    CU_ASSERT(strcmp(written, "-") == 0);
    time_text(UINT64_MAX, written);
    CU_ASSERT(strcmp(written, "-") == 0 || strlen(written) == TIME_TEXT - 1);
    CU_ASSERT(!time_parse("", &read) && !time_parse("now", &read) && !time_parse("10000-01-01T00:00:00Z", &read));
    CU_ASSERT(!time_parse(" 2026-11-21T10:00:00Z", &read) && !time_parse("2026-11-21T10:00:00Z ", &read));
}

/* -- what a set says -- */

static void test_a_set_is_verified_when_every_member_was_checked_and_it_has_opened(void)
{
    make();
    for (size_t i = 0; i < set.count; i++)
        set.holders[i].verified = 1795255200;
    CU_ASSERT(!share_set_is_verified(&set));
    set.opened = 1795255201;
    CU_ASSERT(share_set_is_verified(&set));
    for (size_t i = 0; i < set.count; i++) {
        set.holders[i].verified = 0;
        CU_ASSERT(!share_set_is_verified(&set));
        set.holders[i].verified = 1795255200;
    }
    set.count = 0;
    CU_ASSERT(!share_set_is_verified(&set));
}

static void test_a_record_has_the_name_of_its_kek_and_generation(void)
{
    char name[SHARE_SET_NAME_MAX];
    make();
    share_set_name(&set, name);
    CU_ASSERT(strcmp(name, "set-3f91-8a17-b121-6618-12.txt") == 0);
    set.generation = SHARE_GENERATION_MAX;
    share_set_name(&set, name);
    CU_ASSERT(strcmp(name, "set-3f91-8a17-b121-6618-9999.txt") == 0);
}

static void test_a_policy_is_told_in_words(void)
{
    char policy[64];
    make();
    share_set_policy_text(&set, policy, sizeof policy);
    CU_ASSERT(strcmp(policy, "2 of 2 groups: 2 of 3, 1 of 2") == 0);
    set.group_count = set.group_threshold = 1;
    share_set_policy_text(&set, policy, sizeof policy);
    CU_ASSERT(strcmp(policy, "2 of 3") == 0);
    share_set_policy_text(&set, policy, 3);
    CU_ASSERT(strlen(policy) < 3);
}

static void test_a_share_is_of_the_set_whose_id_and_kind_it_has(void)
{
    struct slip39_share share = { .id = 0x5a5, .extendable = true };
    make();
    CU_ASSERT(share_set_has_id(&set, &share));
    share.id = 0x5a4;
    CU_ASSERT(!share_set_has_id(&set, &share));
    share.id = 0x5a5;
    share.extendable = false;
    CU_ASSERT(!share_set_has_id(&set, &share));
    share.extendable = true;
    share.exponent = 1;
    CU_ASSERT(!share_set_has_id(&set, &share));
}

static void test_a_holder_is_found_by_the_fingerprint(void)
{
    uint8_t fingerprint[SHARE_FINGERPRINT_SIZE];
    make();
    memset(fingerprint, 0x20, sizeof fingerprint);
    CU_ASSERT(share_set_find(&set, fingerprint, 0) == &set.holders[3]);
    CU_ASSERT(share_set_find(&set, fingerprint, 4) == &set.holders[4]);
    CU_ASSERT(share_set_find(&set, fingerprint, 5) == NULL);
    fingerprint[15] ^= 1;
    CU_ASSERT(share_set_find(&set, fingerprint, 0) == NULL);
    memset(fingerprint, 0x10, sizeof fingerprint);
    CU_ASSERT(share_set_find(&set, fingerprint, 0) == &set.holders[0]);
    CU_ASSERT(share_set_find(&set, fingerprint, 1) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_record_is_written_and_read_byte_for_byte),
        UNIT_TEST(test_a_record_of_no_keystore_has_a_dash_for_it),
        UNIT_TEST(test_one_group_is_not_named),
        UNIT_TEST(test_the_largest_record_is_written_and_read),
        UNIT_TEST(test_a_record_that_does_not_fit_is_not_written),
        UNIT_TEST(test_a_record_with_a_changed_byte_is_refused),
        UNIT_TEST(test_a_record_with_a_byte_left_out_or_doubled_is_refused),
        UNIT_TEST(test_a_record_cut_anywhere_is_refused),
        UNIT_TEST(test_a_record_with_a_byte_behind_it_is_refused),
        UNIT_TEST(test_what_is_no_record_at_all_is_refused),
        UNIT_TEST(test_a_record_with_other_right_values_is_taken),
        UNIT_TEST(test_another_form_of_the_same_record_is_refused),
        UNIT_TEST(test_a_record_with_an_id_that_is_none_is_refused),
        UNIT_TEST(test_a_record_with_a_keystore_id_of_another_length_is_refused),
        UNIT_TEST(test_a_record_with_a_generation_that_is_none_is_refused),
        UNIT_TEST(test_a_record_with_a_time_that_is_none_is_refused),
        UNIT_TEST(test_a_record_with_a_threshold_that_cannot_be_is_refused),
        UNIT_TEST(test_a_record_with_members_out_of_order_is_refused),
        UNIT_TEST(test_a_record_with_a_label_that_is_none_is_refused),
        UNIT_TEST(test_a_label_is_a_name_without_space_at_its_ends),
        UNIT_TEST(test_times_are_written_and_parsed_as_text),
        UNIT_TEST(test_a_set_is_verified_when_every_member_was_checked_and_it_has_opened),
        UNIT_TEST(test_a_record_has_the_name_of_its_kek_and_generation),
        UNIT_TEST(test_a_policy_is_told_in_words),
        UNIT_TEST(test_a_share_is_of_the_set_whose_id_and_kind_it_has),
        UNIT_TEST(test_a_holder_is_found_by_the_fingerprint),
    };
    return secret_start() ? UNIT_RUN("share_set", tests) : 1;
}
