/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/object.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static CK_OBJECT_HANDLE key;

static void test_lengths_values_and_short_buffers(void)
{
    CK_BYTE label[8] = "........", point[67];
    CK_ATTRIBUTE asked[] = { { CKA_LABEL, NULL, 0 }, { CKA_LABEL, label, sizeof label }, { CKA_LABEL, label, 1 } };
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, asked, 2), CKR_OK);
    CU_ASSERT(asked[0].ulValueLen == 2 && asked[1].ulValueLen == 2 && memcmp(label, "ca......", 8) == 0);
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, asked + 2, 1), CKR_BUFFER_TOO_SMALL);
    CU_ASSERT_EQUAL(asked[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    CK_ATTRIBUTE whole = { CKA_EC_POINT, point, sizeof point };
    CU_ASSERT(p11->C_GetAttributeValue(fake_session, key, &whole, 1) == CKR_OK && point[1] == 65);
}

static void test_no_attributes_are_asked_for_without_a_template(void)
{
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, NULL, 0), CKR_OK);
}

static void test_what_is_absent_or_secret_spoils_nothing_else(void)
{
    CK_ULONG class = 0;
    CK_BYTE bytes[600];
    CK_ATTRIBUTE asked[] = { { CKA_PRIVATE_EXPONENT, bytes, sizeof bytes },
                             { CKA_MODULUS, bytes, sizeof bytes },
                             { CKA_CLASS, &class, sizeof class } };
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, asked, 3), CKR_ATTRIBUTE_SENSITIVE);
    CU_ASSERT(asked[0].ulValueLen == ~0ul && asked[1].ulValueLen == ~0ul && class == CKO_PRIVATE_KEY);
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, asked + 1, 1), CKR_ATTRIBUTE_TYPE_INVALID);
}

/* A listing has what files claim; a public key is shown only after a vault has opened it. */
static void test_a_public_key_is_verified_before_it_is_read(void)
{
    CK_OBJECT_HANDLE rsa = fake_object(CKO_PUBLIC_KEY, "rsa");
    CK_ATTRIBUTE name = { CKA_ID, NULL, 0 }, modulus = { CKA_MODULUS, NULL, 0 };
    int gets = fake_seen.gets;
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, rsa, &name, 1), CKR_OK);
    CU_ASSERT_EQUAL(fake_seen.gets, gets);
    fake_seen.refuses = "KEY_TAMPERED";
    fake_seen.status = SIGNER_FAILED_PRECONDITION;
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, rsa, &modulus, 1), CKR_DEVICE_ERROR);
    fake_seen.refuses = NULL;
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, rsa, &modulus, 1), CKR_OK);
    CU_ASSERT(modulus.ulValueLen == 256 && fake_seen.gets == gets + 1);
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, rsa, &modulus, 1), CKR_OK);
    CU_ASSERT_EQUAL(fake_seen.gets, gets + 1);
}

static void test_nothing_is_changed_through_the_module(void)
{
    CK_OBJECT_HANDLE made;
    CK_ATTRIBUTE label = { CKA_LABEL, "x", 1 };
    CU_ASSERT_EQUAL(p11->C_SetAttributeValue(fake_session, key, &label, 1), CKR_ACTION_PROHIBITED);
    CU_ASSERT_EQUAL(p11->C_CreateObject(fake_session, &label, 1, &made), CKR_TOKEN_WRITE_PROTECTED);
    CU_ASSERT_EQUAL(p11->C_CopyObject(fake_session, key, &label, 1, &made), CKR_ACTION_PROHIBITED);
    CU_ASSERT_EQUAL(p11->C_DestroyObject(fake_session, key), CKR_ACTION_PROHIBITED);
}

static void test_null_and_handles_of_nothing_are_refused(void)
{
    CK_ATTRIBUTE label = { CKA_LABEL, NULL, 0 };
    CK_ULONG size;
    CK_OBJECT_HANDLE made;
    const CK_OBJECT_HANDLE nothing[] = { 0, 99, ~0ul };
    for (size_t i = 0; i < UNIT_COUNT(nothing); i++) {
        CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, nothing[i], &label, 1), CKR_OBJECT_HANDLE_INVALID);
        CU_ASSERT_EQUAL(p11->C_SetAttributeValue(fake_session, nothing[i], &label, 1), CKR_OBJECT_HANDLE_INVALID);
        CU_ASSERT_EQUAL(p11->C_CopyObject(fake_session, nothing[i], &label, 1, &made), CKR_OBJECT_HANDLE_INVALID);
        CU_ASSERT_EQUAL(p11->C_DestroyObject(fake_session, nothing[i]), CKR_OBJECT_HANDLE_INVALID);
        CU_ASSERT_EQUAL(p11->C_GetObjectSize(fake_session, nothing[i], &size), CKR_OBJECT_HANDLE_INVALID);
    }
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, NULL, 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(fake_session, key, &label, ~0ul), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_SetAttributeValue(fake_session, key, NULL, 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_CreateObject(fake_session, NULL, 1, &made), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_CreateObject(fake_session, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_CopyObject(fake_session, key, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetObjectSize(fake_session, key, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT(p11->C_GetObjectSize(fake_session, key, &size) == CKR_OK && size == CK_UNAVAILABLE_INFORMATION);
    CU_ASSERT_EQUAL(p11->C_GetAttributeValue(0, key, &label, 1), CKR_SESSION_HANDLE_INVALID);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_lengths_values_and_short_buffers),
        UNIT_TEST(test_no_attributes_are_asked_for_without_a_template),
        UNIT_TEST(test_what_is_absent_or_secret_spoils_nothing_else),
        UNIT_TEST(test_a_public_key_is_verified_before_it_is_read),
        UNIT_TEST(test_nothing_is_changed_through_the_module),
        UNIT_TEST(test_null_and_handles_of_nothing_are_refused),
    };
    fake_token_open("");
    key = fake_object(CKO_PRIVATE_KEY, "ca");
    int code = UNIT_RUN("object", tests);
    fake_token_close();
    return code;
}
