/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/search.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static CK_OBJECT_HANDLE found[32];

static void test_everything_is_keys_and_every_certificate_of_a_chain(void)
{
    CU_ASSERT_EQUAL(fake_find(NULL, 0, found, 32), 8);
    CU_ASSERT_NOT_EQUAL(fake_object(CKO_CERTIFICATE, "ca"), 0);
    CU_ASSERT_NOT_EQUAL(fake_object(CKO_CERTIFICATE, "ca issuer 1"), 0);
    CU_ASSERT_EQUAL(fake_object(CKO_CERTIFICATE, "ed"), 0);
}

/* As NSS does. */
static void test_a_certificate_is_found_by_its_parts(void)
{
    CK_BYTE issuer[64], serial[] = { 0x02, 0x03, 0x00, 0x80, 0xff };
    CK_ATTRIBUTE asked = { CKA_ISSUER, issuer, sizeof issuer };
    CK_OBJECT_HANDLE own = fake_object(CKO_CERTIFICATE, "ca");
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, own, &asked, 1), CKR_OK);
    CK_ATTRIBUTE template[] = { asked, { CKA_SERIAL_NUMBER, serial, sizeof serial } };
    CU_ASSERT(fake_find(template, 2, found, 32) == 1 && found[0] == own);
    template[0].type = CKA_SUBJECT;
    CU_ASSERT_EQUAL(fake_find(template, 1, found, 32), 1);
    CU_ASSERT_EQUAL(fake_object(CKO_CERTIFICATE, "ca issuer 1"), found[0]);
}

static void test_keys_are_found_without_opening_any(void)
{
    int gets = fake_seen.gets;
    CK_ULONG type = 0x03, class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type } };
    CU_ASSERT_EQUAL(fake_find(template, 2, found, 32), 1);
    CU_ASSERT_NOT_EQUAL(fake_object(CKO_PRIVATE_KEY, "rsa"), 0);
    CU_ASSERT_EQUAL(fake_seen.gets, gets);
}

static void test_a_key_that_was_just_made_is_found(void)
{
    CU_ASSERT_EQUAL(fake_object(CKO_PRIVATE_KEY, "new"), 0);
    fake_set_key(5, "new", sample_p521, sizeof sample_p521, NULL);
    CK_OBJECT_HANDLE key = fake_object(CKO_PRIVATE_KEY, "new");
    CU_ASSERT_NOT_EQUAL(key, 0);
    fake_keys[5].there = false;
    CU_ASSERT_EQUAL(fake_object(CKO_PRIVATE_KEY, "nobody"), 0); /* lists again */
    CK_ATTRIBUTE label = { CKA_LABEL, NULL, 0 };
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, &label, 1), CKR_OBJECT_HANDLE_INVALID);
}

static void test_classes_that_there_are_none_of_ask_nobody(void)
{
    CK_ULONG data = 0, secret = 4, vendor = 0xce534353, lists;
    CK_ULONG *const classes[] = { &data, &secret, &vendor };
    lists = (CK_ULONG)fake_seen.lists;
    for (size_t i = 0; i < UNIT_COUNT(classes); i++) {
        CK_ATTRIBUTE template = { CKA_CLASS, classes[i], sizeof *classes[i] };
        CU_ASSERT_EQUAL(fake_find(&template, 1, found, 32), 0);
    }
    CK_ATTRIBUTE odd = { CKA_CLASS, &data, 3 };
    CU_ASSERT_EQUAL(fake_find(&odd, 1, found, 32), 0);
    CU_ASSERT_EQUAL((CK_ULONG)fake_seen.lists, lists);
}

static void test_what_is_found_is_handed_out_in_parts(void)
{
    CK_ULONG count, total = 0;
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(fake_session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(fake_session, NULL, 0), CKR_OPERATION_ACTIVE);
    CU_ASSERT(p11->C_FindObjects(fake_session, NULL, 0, &count) == CKR_OK && count == 0);
    while (p11->C_FindObjects(fake_session, found, 3, &count) == CKR_OK && count > 0)
        total += count;
    CU_ASSERT_EQUAL(total, 8);
    CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(fake_session), CKR_OK);
}

static void test_null_and_huge_counts_are_refused(void)
{
    CK_ULONG count = 0;
    CK_ATTRIBUTE null = { CKA_LABEL, NULL, 5 };
    CU_ASSERT_EQUAL(p11->C_FindObjects(fake_session, found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(fake_session), CKR_OPERATION_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(fake_session, NULL, 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(fake_session, &null, 1), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(fake_session, &null, ~0ul), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(0, NULL, 0), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(fake_session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_FindObjects(fake_session, NULL, 1, &count), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_FindObjects(fake_session, found, 1, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT(p11->C_FindObjects(fake_session, found, ~0ul, &count) == CKR_OK && count == 8);
    CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(fake_session), CKR_OK);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_everything_is_keys_and_every_certificate_of_a_chain),
        UNIT_TEST(test_a_certificate_is_found_by_its_parts),
        UNIT_TEST(test_keys_are_found_without_opening_any),
        UNIT_TEST(test_a_key_that_was_just_made_is_found),
        UNIT_TEST(test_classes_that_there_are_none_of_ask_nobody),
        UNIT_TEST(test_what_is_found_is_handed_out_in_parts),
        UNIT_TEST(test_null_and_huge_counts_are_refused),
    };
    fake_token_open("");
    int code = UNIT_RUN("search", tests);
    fake_token_close();
    return code;
}
