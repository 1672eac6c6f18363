/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/sign.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static CK_OBJECT_HANDLE ca, rsa;
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 };
static CK_BYTE digest[32], out[600];

static void begin(CK_MECHANISM *mechanism)
{
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, mechanism, ca), CKR_OK);
}

static bool is_ended(void)
{
    CK_ULONG size = sizeof out;
    return p11->C_SignFinal(fake_session, out, &size) == CKR_OPERATION_NOT_INITIALIZED;
}

static void test_asking_for_the_size_ends_nothing(void)
{
    CK_ULONG size = 0;
    begin(&ecdsa);
    CU_ASSERT(p11->C_Sign(fake_session, digest, sizeof digest, NULL, &size) == CKR_OK && size == 64);
    size = 63;
    CU_ASSERT(p11->C_Sign(fake_session, digest, sizeof digest, out, &size) == CKR_BUFFER_TOO_SMALL && size == 64);
    CU_ASSERT(p11->C_Sign(fake_session, digest, sizeof digest, out, &size) == CKR_OK && size == 64);
    CU_ASSERT(out[31] == 1 && out[63] == 2);
    CU_ASSERT(is_ended());
}

static void test_parts_and_final(void)
{
    CK_ULONG size = 0;
    begin(&ecdsa_sha256);
    CU_ASSERT_EQUAL(p11->C_SignUpdate(fake_session, digest, 3), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_SignUpdate(fake_session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_Sign(fake_session, digest, 3, out, &size), CKR_OPERATION_ACTIVE);
    CU_ASSERT(p11->C_SignFinal(fake_session, NULL, &size) == CKR_OK && size == 64);
    CU_ASSERT(p11->C_SignFinal(fake_session, out, &size) == CKR_OK && size == 64);
    CU_ASSERT(is_ended());
}

static void test_only_a_private_key_of_the_right_type_begins(void)
{
    CK_MECHANISM unknown = { CKM_SHA256, NULL, 0 };
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &ecdsa, rsa), CKR_KEY_TYPE_INCONSISTENT);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &ecdsa, fake_object(CKO_PUBLIC_KEY, "ca")),
                    CKR_KEY_FUNCTION_NOT_PERMITTED);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &ecdsa, fake_object(CKO_CERTIFICATE, "ca")), CKR_KEY_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &ecdsa, 0), CKR_KEY_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &ecdsa, ~0ul), CKR_KEY_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, NULL, ca), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &unknown, ca), CKR_MECHANISM_INVALID);
    CU_ASSERT_EQUAL(p11->C_SignInit(0, &ecdsa, ca), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT(is_ended());
}

static void test_a_mistake_ends_the_operation(void)
{
    CK_ULONG size = sizeof out;
    begin(&ecdsa);
    CU_ASSERT_EQUAL(p11->C_Sign(fake_session, digest, 20, out, &size), CKR_DATA_LEN_RANGE);
    CU_ASSERT(is_ended());
    begin(&ecdsa);
    CU_ASSERT_EQUAL(p11->C_Sign(fake_session, NULL, 32, out, &size), CKR_ARGUMENTS_BAD);
    CU_ASSERT(is_ended());
    begin(&ecdsa);
    CU_ASSERT_EQUAL(p11->C_Sign(fake_session, digest, 32, out, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT(is_ended());
    begin(&ecdsa);
    CU_ASSERT_EQUAL(p11->C_Sign(fake_session, digest, ~0ul, out, &size), CKR_ARGUMENTS_BAD);
    CU_ASSERT(is_ended());
    begin(&ecdsa);
    CU_ASSERT_EQUAL(p11->C_SignUpdate(fake_session, NULL, 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT(is_ended());
    begin(&ecdsa);
    CU_ASSERT_EQUAL(p11->C_SignUpdate(fake_session, digest, 32), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_SignFinal(fake_session, out, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT(is_ended());
}

static void test_a_second_operation_does_not_begin(void)
{
    CK_ULONG size = sizeof out;
    begin(&ecdsa);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &ecdsa, ca), CKR_OPERATION_ACTIVE);
    CU_ASSERT_EQUAL(p11->C_Sign(fake_session, digest, 32, out, &size), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_Sign(fake_session, digest, 32, out, &size), CKR_OPERATION_NOT_INITIALIZED);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_asking_for_the_size_ends_nothing),
        UNIT_TEST(test_parts_and_final),
        UNIT_TEST(test_only_a_private_key_of_the_right_type_begins),
        UNIT_TEST(test_a_mistake_ends_the_operation),
        UNIT_TEST(test_a_second_operation_does_not_begin),
    };
    fake_token_open("");
    ca = fake_object(CKO_PRIVATE_KEY, "ca");
    rsa = fake_object(CKO_PRIVATE_KEY, "rsa");
    int code = UNIT_RUN("sign", tests);
    fake_token_close();
    return code;
}
