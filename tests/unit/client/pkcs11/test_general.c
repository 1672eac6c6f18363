/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/general.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static CK_RV initialize(CK_C_INITIALIZE_ARGS arguments)
{
    CK_RV rv = p11->C_Initialize(&arguments);
    if (rv == CKR_OK)
        CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
    return rv;
}

static void test_the_module_locks_with_the_system_or_not_at_all(void)
{
    void *function = &fake;
    CU_ASSERT_EQUAL(initialize((CK_C_INITIALIZE_ARGS){ .flags = CKF_OS_LOCKING_OK }), CKR_OK);
    CU_ASSERT_EQUAL(initialize((CK_C_INITIALIZE_ARGS){ 0 }), CKR_OK);
    CU_ASSERT_EQUAL(initialize((CK_C_INITIALIZE_ARGS){ function, function, function, function, 0, NULL }),
                    CKR_CANT_LOCK);
    CU_ASSERT_EQUAL(
        initialize((CK_C_INITIALIZE_ARGS){ function, function, function, function, CKF_OS_LOCKING_OK, NULL }), CKR_OK);
    CU_ASSERT_EQUAL(initialize((CK_C_INITIALIZE_ARGS){ .LockMutex = function }), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(initialize((CK_C_INITIALIZE_ARGS){ .pReserved = function }), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_Finalize(function), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void test_info_is_padded_with_blanks(void)
{
    CK_INFO info;
    CU_ASSERT_EQUAL(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetInfo(&info), CKR_OK);
    CU_ASSERT(info.cryptokiVersion.major == 3 && info.cryptokiVersion.minor == 0 && info.flags == 0);
    CU_ASSERT_EQUAL(memcmp(info.manufacturerID, "signer                          ", 32), 0);
    CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
}

static void test_random_bytes_are_the_systems_and_bounded(void)
{
    CK_BYTE out[600] = { 0 };
    CK_SESSION_HANDLE session;
    CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_GenerateRandom(session, out, sizeof out), CKR_OK);
    CU_ASSERT_FALSE(unit_all(out + 300, 300, 0));
    CU_ASSERT_EQUAL(p11->C_GenerateRandom(session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_GenerateRandom(session, NULL, 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GenerateRandom(session, out, ~0ul), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GenerateRandom(session + 1, out, 1), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_SeedRandom(session, out, 1), CKR_RANDOM_SEED_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(p11->C_SeedRandom(session, NULL, 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
}

static void test_text_that_is_longer_than_its_field_is_cut(void)
{
    CK_BYTE field[4] = { 0 };
    general_pad(field, 3, "abcdef");
    CU_ASSERT_EQUAL(memcmp(field, "abc\0", 4), 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_module_locks_with_the_system_or_not_at_all),
        UNIT_TEST(test_info_is_padded_with_blanks),
        UNIT_TEST(test_random_bytes_are_the_systems_and_bounded),
        UNIT_TEST(test_text_that_is_longer_than_its_field_is_cut),
    };
    fake_token_start("");
    int code = UNIT_RUN("general", tests);
    fake_token_close();
    return code;
}
