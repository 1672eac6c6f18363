/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/session.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    CU_ASSERT_EQUAL(p11->C_GetSessionInfo(session, &info), CKR_OK);
    return info.state;
}

static void test_any_pin_logs_the_user_in_everywhere(void)
{
    CK_SESSION_HANDLE reading;
    CK_BYTE pin[] = "1234";
    CU_ASSERT_EQUAL(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &reading), CKR_OK);
    CU_ASSERT(state_of(reading) == CKS_RO_PUBLIC_SESSION && state_of(fake_session) == CKS_RW_PUBLIC_SESSION);
    CU_ASSERT_EQUAL(p11->C_Login(reading, CKU_USER, pin, 4), CKR_OK);
    CU_ASSERT(state_of(reading) == CKS_RO_USER_FUNCTIONS && state_of(fake_session) == CKS_RW_USER_FUNCTIONS);
    CU_ASSERT_EQUAL(p11->C_Login(fake_session, CKU_USER, NULL, 0), CKR_USER_ALREADY_LOGGED_IN);
    CU_ASSERT_EQUAL(p11->C_Logout(reading), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_Logout(reading), CKR_USER_NOT_LOGGED_IN);
    CU_ASSERT_EQUAL(p11->C_LoginUser(reading, CKU_USER, pin, 4, pin, 4), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_Logout(reading), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_CloseSession(reading), CKR_OK);
}

static void test_only_the_user_logs_in(void)
{
    CU_ASSERT_EQUAL(p11->C_Login(fake_session, CKU_SO, NULL, 0), CKR_USER_TYPE_INVALID);
    CU_ASSERT_EQUAL(p11->C_Login(fake_session, ~0ul, NULL, 0), CKR_USER_TYPE_INVALID);
    CU_ASSERT_EQUAL(p11->C_Login(fake_session, CKU_CONTEXT_SPECIFIC, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(p11->C_Login(fake_session, CKU_USER, NULL, 4), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_LoginUser(fake_session, CKU_USER, NULL, 0, NULL, 1), CKR_ARGUMENTS_BAD);
}

static void test_the_login_ends_with_the_last_session(void)
{
    CU_ASSERT_EQUAL(p11->C_Login(fake_session, CKU_USER, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_CloseAllSessions(0), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_CloseSession(fake_session), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &fake_session), CKR_OK);
    CU_ASSERT_EQUAL(state_of(fake_session), CKS_RW_PUBLIC_SESSION);
}

static void test_what_cannot_be_opened_is_refused(void)
{
    CK_SESSION_HANDLE session;
    CK_SESSION_INFO info;
    CU_ASSERT_EQUAL(p11->C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(p11->C_OpenSession(0, 0, NULL, NULL, &session), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_CloseAllSessions(1), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(p11->C_GetSessionInfo(fake_session, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetSessionInfo(0, &info), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_Login(0, CKU_USER, NULL, 0), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_Logout(0), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(p11->C_SessionCancel(0, 0), CKR_SESSION_HANDLE_INVALID);
}

static void test_cancel_ends_what_is_named(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    CK_OBJECT_HANDLE key = fake_object(CKO_PRIVATE_KEY, "ca");
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &mechanism, key), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_FindObjectsInit(fake_session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_SessionCancel(fake_session, CKF_FIND_OBJECTS), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(fake_session), CKR_OPERATION_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(p11->C_SignInit(fake_session, &mechanism, key), CKR_OPERATION_ACTIVE);
    CU_ASSERT_EQUAL(p11->C_SessionCancel(fake_session, CKF_SIGN), CKR_OK);
    CU_ASSERT_EQUAL(p11->C_SignUpdate(fake_session, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_any_pin_logs_the_user_in_everywhere),
        UNIT_TEST(test_only_the_user_logs_in),
        UNIT_TEST(test_the_login_ends_with_the_last_session),
        UNIT_TEST(test_what_cannot_be_opened_is_refused),
        UNIT_TEST(test_cancel_ends_what_is_named),
    };
    fake_token_open("");
    int code = UNIT_RUN("session", tests);
    fake_token_close();
    return code;
}
