/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/kinds.h"

#include "keystore/files/records.h"
#include "keystore/key/key_id.h"
#include "tests/unit/unit.h"

struct row {
    enum part part;
    const char *name;
    enum kind kind;
};

static void expect(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL(kinds_of(rows[i].part, rows[i].name), rows[i].kind);
}

/* FORMAT.md, "Files", row by row. */
static void test_every_file_of_the_format_has_its_kind(void)
{
    static const struct row rows[] = {
        { PART_ROOT, "keystore", KIND_BACKED_UP },
        { PART_KEYS, "issuing-ca.key", KIND_BACKED_UP },
        { PART_CERTS, "issuing-ca.pem", KIND_BACKED_UP },
        { PART_RECORDS, "set-3f91-8a17-b121-6618-1.txt", KIND_BACKED_UP },
        { PART_RECORDS, "transcript-000001.txt", KIND_BACKED_UP },
        { PART_RECORDS, "transcript-000001.sig", KIND_BACKED_UP },
        { PART_RECORDS, "drill-1.txt", KIND_BACKED_UP },
        { PART_RECORDS, "ceremony-state.txt", KIND_BACKED_UP },
        { PART_ROOT, "lock", KIND_REBUILT },
        { PART_ROOT, "restored", KIND_REBUILT },
        { PART_ROOT, "keys", KIND_REBUILT },
        { PART_ROOT, "certs", KIND_REBUILT },
        { PART_ROOT, "records", KIND_REBUILT },
        { PART_ROOT, "lost+found", KIND_REBUILT },
    };
    expect(rows, UNIT_COUNT(rows));
}

static void test_temporary_files_are_temporary_anywhere(void)
{
    static const char *const names[] = { ".tmp-", ".tmp-1", ".tmp-0123456789abcdef", ".tmp-a.key", ".tmp-keystore" };
    static const char *const others[] = { ".tmp", "tmp-1", ".Tmp-1", "..tmp-1", " .tmp-1" };
    for (enum part part = PART_ROOT; part < PART_COUNT; part++)
        for (size_t i = 0; i < UNIT_COUNT(names); i++) {
            CU_ASSERT(kinds_of(part, names[i]) == KIND_TEMPORARY);
            CU_ASSERT(kinds_of(part, others[i]) == KIND_STRAY);
        }
}

static void test_a_name_that_the_format_does_not_know_is_a_stray(void)
{
    static const struct row rows[] = {
        { PART_ROOT, "", KIND_STRAY },
        { PART_ROOT, "Keystore", KIND_STRAY },
        { PART_ROOT, "keystore ", KIND_STRAY },
        { PART_ROOT, "keystore.bak", KIND_STRAY },
        { PART_ROOT, "keystor", KIND_STRAY },
        { PART_ROOT, "ca.key", KIND_STRAY },
        { PART_ROOT, "kek", KIND_STRAY },
        { PART_ROOT, ".", KIND_STRAY },
        { PART_ROOT, "..", KIND_STRAY },
        { PART_ROOT, "manifest.txt", KIND_STRAY },
        { PART_KEYS, ".key", KIND_STRAY },
        { PART_KEYS, "CA.key", KIND_STRAY },
        { PART_KEYS, "ca.KEY", KIND_STRAY },
        { PART_KEYS, "ca.pem", KIND_STRAY },
        { PART_KEYS, "ca.key~", KIND_STRAY },
        { PART_KEYS, "ca.key.bak", KIND_STRAY },
        { PART_KEYS, "-ca.key", KIND_STRAY },
        { PART_KEYS, "ca key.key", KIND_STRAY },
        { PART_KEYS, "keystore", KIND_STRAY },
        { PART_CERTS, "ca.key", KIND_STRAY },
        { PART_CERTS, ".pem", KIND_STRAY },
        { PART_CERTS, "ca.pem.old", KIND_STRAY },
        { PART_CERTS, "lock", KIND_STRAY },
        { PART_RECORDS, "readme.txt", KIND_STRAY },
        { PART_RECORDS, "set-A.txt", KIND_STRAY },
        { PART_RECORDS, "set-1.sig", KIND_STRAY },
        { PART_RECORDS, "set-1.txt.old", KIND_STRAY },
        { PART_RECORDS, "transcript-1", KIND_STRAY },
        { PART_RECORDS, "transcript.txt", KIND_STRAY },
        { PART_RECORDS, "a-set-1.txt", KIND_STRAY },
        { PART_RECORDS, "ceremony-state.txt2", KIND_STRAY },
        { PART_RECORDS, "drill-1.sig", KIND_STRAY },
        { PART_RECORDS, "set-a b.txt", KIND_STRAY },
        { PART_RECORDS, "set-\xc3\xa9.txt", KIND_STRAY },
        { PART_RECORDS, "set-\n.txt", KIND_STRAY },
        { PART_RECORDS, "set-/.txt", KIND_STRAY },
    };
    expect(rows, UNIT_COUNT(rows));
}

/* A name of one part is a stray in the others. */
static void test_kinds_are_of_their_parts(void)
{
    static const struct row rows[] = {
        { PART_ROOT, "keystore", KIND_BACKED_UP },
        { PART_ROOT, "lock", KIND_REBUILT },
        { PART_ROOT, "restored", KIND_REBUILT },
        { PART_KEYS, "a.key", KIND_BACKED_UP },
        { PART_CERTS, "a.pem", KIND_BACKED_UP },
        { PART_RECORDS, "set-a.txt", KIND_BACKED_UP },
        { PART_RECORDS, "transcript-1.sig", KIND_BACKED_UP },
        { PART_RECORDS, "ceremony-state.txt", KIND_BACKED_UP },
    };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        for (enum part part = PART_ROOT; part < PART_COUNT; part++)
            CU_ASSERT(kinds_of(part, rows[i].name) == (part == rows[i].part ? rows[i].kind : KIND_STRAY));
}

static void test_a_key_or_record_with_too_long_a_name_is_a_stray(void)
{
    char name[300];
    for (size_t length = 1; length < 200; length++) {
        memset(name, 'a', length);
        memcpy(name + length, ".key", 5);
        CU_ASSERT(kinds_of(PART_KEYS, name) == (length <= KEY_ID_SIZE ? KIND_BACKED_UP : KIND_STRAY));
        memcpy(name + length, ".pem", 5);
        CU_ASSERT(kinds_of(PART_CERTS, name) == (length <= KEY_ID_SIZE ? KIND_BACKED_UP : KIND_STRAY));
        memcpy(name, "set-", 4);
        memcpy(name + length + 4, ".txt", 5);
        memset(name + 4, 'a', length);
        CU_ASSERT(kinds_of(PART_RECORDS, name) == (length + 8 <= KINDS_NAME_MAX ? KIND_BACKED_UP : KIND_STRAY));
    }
}

static void test_every_part_has_its_name(void)
{
    CU_ASSERT_STRING_EQUAL(kinds_part_name(PART_ROOT), "");
    CU_ASSERT_STRING_EQUAL(kinds_part_name(PART_KEYS), "keys");
    CU_ASSERT_STRING_EQUAL(kinds_part_name(PART_CERTS), "certs");
    CU_ASSERT_STRING_EQUAL(kinds_part_name(PART_RECORDS), "records");
    for (enum part part = PART_KEYS; part < PART_COUNT; part++)
        CU_ASSERT(kinds_of(PART_ROOT, kinds_part_name(part)) == KIND_REBUILT);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_file_of_the_format_has_its_kind),
        UNIT_TEST(test_temporary_files_are_temporary_anywhere),
        UNIT_TEST(test_a_name_that_the_format_does_not_know_is_a_stray),
        UNIT_TEST(test_kinds_are_of_their_parts),
        UNIT_TEST(test_a_key_or_record_with_too_long_a_name_is_a_stray),
        UNIT_TEST(test_every_part_has_its_name),
    };
    return UNIT_RUN("kinds", tests);
}
