/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/unseal_file.h"

#include "tests/unit/unit.h"

static uint8_t text[UNSEAL_FILE_MAX];
static struct unseal_file back;

static struct unseal_file example(size_t vaults, size_t records)
{
    static const uint8_t record[] = "end\nrecord 3\nvault 00\n\0\xff";
    struct unseal_file file = {
        .keystore_id = { 1, 2, 0xff }, .started = 1795254051, .vault_count = vaults, .record_count = records
    };
    for (size_t i = 0; i < vaults; i++)
        memset(file.vaults[i], (int)i + 1, UNSEAL_KEY_SIZE);
    for (size_t i = 0; i < records; i++) {
        file.records[i].bytes = record;
        file.records[i].length = i % sizeof record;
    }
    return file;
}

static bool is_same(const struct unseal_file *a, const struct unseal_file *b)
{
    if (memcmp(a->keystore_id, b->keystore_id, KEYSTORE_ID_SIZE) != 0 || a->started != b->started
        || a->vault_count != b->vault_count || a->record_count != b->record_count
        || memcmp(a->vaults, b->vaults, a->vault_count * UNSEAL_KEY_SIZE) != 0)
        return false;
    for (size_t i = 0; i < a->record_count; i++)
        if (a->records[i].length != b->records[i].length
            || memcmp(a->records[i].bytes, b->records[i].bytes, a->records[i].length) != 0)
            return false;
    return true;
}

static void test_what_is_written_is_read(void)
{
    static const size_t records[] = { 0, 1, 5, UNSEAL_RECORDS_MAX };
    for (size_t vaults = 1; vaults <= UNSEAL_VAULTS_MAX; vaults++)
        for (size_t i = 0; i < UNIT_COUNT(records); i++) {
            const struct unseal_file file = example(vaults, records[i]);
            size_t length = unseal_file_encode(&file, text, sizeof text);
            CU_ASSERT(length > 0 && unseal_file_parse(text, length, &back) == FAULT_NONE && is_same(&file, &back));
        }
}

static void test_it_is_the_text_that_people_may_read(void)
{
    static const char wanted[] = "signer unseal 1\nkeystore 0102ff00000000000000000000000000\n"
                                 "started 2026-11-21T09:40:51Z\n"
                                 "vault 0101010101010101010101010101010101010101010101010101010101010101\n"
                                 "record 0\nend\n";
    const struct unseal_file file = example(1, 1);
    size_t length = unseal_file_encode(&file, text, sizeof text);
    CU_ASSERT(length == strlen(wanted) && memcmp(text, wanted, length) == 0);
}

static void test_where_there_is_no_room_nothing_is_said(void)
{
    const struct unseal_file file = example(3, 4);
    size_t length = unseal_file_encode(&file, text, sizeof text);
    for (size_t room = 0; room < length; room++)
        CU_ASSERT(unseal_file_encode(&file, text, room) == 0);
    CU_ASSERT(unseal_file_encode(&file, text, length) == length);
}

static void test_what_is_cut_or_longer_is_refused(void)
{
    const struct unseal_file file = example(2, 3);
    size_t length = unseal_file_encode(&file, text, sizeof text);
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *copy = malloc(cut + 1); /* a read beyond it is seen by a sanitizer */
        UNIT_NEED(copy != NULL);
        memcpy(copy, text, cut);
        CU_ASSERT(unseal_file_parse(copy, cut, &back) == FAULT_RECORD_CORRUPT);
        free(copy);
    }
    text[length] = '\n';
    CU_ASSERT(unseal_file_parse(text, length + 1, &back) == FAULT_RECORD_CORRUPT);
}

static void refuse(const char *bytes)
{
    CU_ASSERT(unseal_file_parse((const uint8_t *)bytes, strlen(bytes), &back) == FAULT_RECORD_CORRUPT);
}

#define HEAD "signer unseal 1\nkeystore 00000000000000000000000000000000\nstarted 2026-11-21T09:54:11Z\n"
#define VAULT "vault 0101010101010101010101010101010101010101010101010101010101010101\n"

static void test_other_lines_are_refused(void)
{
    refuse("");
    refuse(HEAD "end\n");
    refuse(HEAD VAULT);
    refuse(HEAD VAULT "record 99999999\nend\n");
    refuse(HEAD VAULT "record 18446744073709551615\nend\n");
    refuse(HEAD VAULT "record -1\nend\n");
    refuse(HEAD VAULT "record 1x\n1end\n");
    refuse(HEAD VAULT "record\nend\n");
    refuse(HEAD VAULT "records 1\n1end\n");
    refuse(HEAD VAULT "end\n\n");
    refuse(HEAD "vault 01\n" VAULT "end\n");
    refuse(HEAD "vault "
                "0101010101010101010101010101010101010101010101010101010101010101"
                "01\nend\n");
    refuse(HEAD "vault 010101010101010101010101010101010101010101010101010101010101010g\nend\n");
    refuse(HEAD "vault  101010101010101010101010101010101010101010101010101010101010101\nend\n");
    refuse("signer unseal 2\n" VAULT "end\n");
    refuse("signer unseal 1\nkeystore 00\nstarted 2026-11-21T09:54:11Z\n" VAULT "end\n");
    refuse("signer unseal 1\nkeystore 00000000000000000000000000000000\nstarted 2026-13-21T09:54:11Z\n" VAULT "end\n");
}

static void test_more_than_there_may_be_is_refused(void)
{
    struct unseal_file file = example(UNSEAL_VAULTS_MAX, UNSEAL_RECORDS_MAX);
    size_t length = unseal_file_encode(&file, text, sizeof text);
    const char further[] = "record 0\nend\n";
    memcpy(text + length - 4, further, strlen(further));
    CU_ASSERT(unseal_file_parse(text, length - 4 + strlen(further), &back) == FAULT_RECORD_CORRUPT);
    char *many = malloc(sizeof HEAD + 20 * sizeof VAULT);
    UNIT_NEED(many != NULL);
    strcpy(many, HEAD);
    for (int i = 0; i < UNSEAL_VAULTS_MAX + 1; i++)
        strcat(many, VAULT);
    strcat(many, "end\n");
    refuse(many);
    free(many);
}

static void test_random_changes_are_refused_or_read_as_they_stand(void)
{
    const struct unseal_file file = example(3, 2);
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        size_t length = unseal_file_encode(&file, text, sizeof text);
        for (unsigned n = 1 + unit_random(&seed) % 3; n > 0; n--)
            text[unit_random(&seed) % length] = (uint8_t)unit_random(&seed);
        enum fault fault = unseal_file_parse(text, length, &back);
        CU_ASSERT(fault == FAULT_NONE || fault == FAULT_RECORD_CORRUPT);
        if (!fault)
            for (size_t record = 0; record < back.record_count; record++)
                CU_ASSERT(back.records[record].bytes >= text
                          && back.records[record].bytes + back.records[record].length <= text + length);
    }
}

static void test_the_fingerprint_is_of_every_key_in_its_order(void)
{
    char first[UNSEAL_FINGERPRINT_TEXT], other[UNSEAL_FINGERPRINT_TEXT];
    struct unseal_file file = example(3, 0);
    unseal_file_fingerprint(&file, first);
    CU_ASSERT(strlen(first) == UNSEAL_FINGERPRINT_TEXT - 1);
    for (size_t i = 0; i < 3; i++) {
        file.vaults[i][31] ^= 1;
        unseal_file_fingerprint(&file, other);
        CU_ASSERT(strcmp(first, other) != 0);
        file.vaults[i][31] ^= 1;
    }
    memset(file.vaults[0], 2, UNSEAL_KEY_SIZE);
    memset(file.vaults[1], 1, UNSEAL_KEY_SIZE);
    unseal_file_fingerprint(&file, other);
    CU_ASSERT(strcmp(first, other) != 0);
    file = example(2, 0);
    unseal_file_fingerprint(&file, other);
    CU_ASSERT(strcmp(first, other) != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_is_written_is_read),
        UNIT_TEST(test_it_is_the_text_that_people_may_read),
        UNIT_TEST(test_where_there_is_no_room_nothing_is_said),
        UNIT_TEST(test_what_is_cut_or_longer_is_refused),
        UNIT_TEST(test_other_lines_are_refused),
        UNIT_TEST(test_more_than_there_may_be_is_refused),
        UNIT_TEST(test_random_changes_are_refused_or_read_as_they_stand),
        UNIT_TEST(test_the_fingerprint_is_of_every_key_in_its_order),
    };
    return UNIT_RUN("unseal_file", tests);
}
