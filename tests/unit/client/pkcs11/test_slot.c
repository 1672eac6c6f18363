/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/slot.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static CK_ULONG slots(CK_BBOOL with_token)
{
    CK_ULONG count = 7;
    CU_ASSERT_EQUAL(p11->C_GetSlotList(with_token, NULL, &count), CKR_OK);
    return count;
}

static void test_there_is_one_slot_and_a_token_while_the_signer_is_open(void)
{
    CK_SLOT_ID list[2] = { 9, 9 };
    CK_ULONG count = 0;
    CK_SLOT_INFO info;
    CK_TOKEN_INFO token;
    CU_ASSERT(slots(0) == 1 && slots(1) == 1);
    CU_ASSERT_EQUAL(p11->C_GetSlotList(1, list, &count), CKR_BUFFER_TOO_SMALL);
    CU_ASSERT(count == 1 && p11->C_GetSlotList(1, list, &count) == CKR_OK && list[0] == 0 && list[1] == 9);
    CU_ASSERT(p11->C_GetSlotInfo(0, &info) == CKR_OK && (info.flags & CKF_TOKEN_PRESENT));
    fake_seen.state = STATE_SEALED;
    CU_ASSERT(slots(0) == 1 && slots(1) == 0);
    CU_ASSERT(p11->C_GetSlotInfo(0, &info) == CKR_OK && !(info.flags & CKF_TOKEN_PRESENT));
    CU_ASSERT_EQUAL(p11->C_GetTokenInfo(0, &token), CKR_TOKEN_NOT_PRESENT);
    fake_seen.state = STATE_OPEN;
    CU_ASSERT_EQUAL(slots(1), 1);
}

static void test_the_token_needs_no_login_and_bears_the_keystores_id(void)
{
    CK_TOKEN_INFO token;
    CU_ASSERT_EQUAL(p11->C_GetTokenInfo(0, &token), CKR_OK);
    CU_ASSERT_EQUAL(token.flags, CKF_RNG | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED);
    CU_ASSERT_EQUAL(memcmp(token.serialNumber, "0011223344556677", 16), 0);
    CU_ASSERT_EQUAL(memcmp(token.label, "signer                          ", 32), 0);
}

static void test_mechanisms_are_told(void)
{
    CK_ULONG count;
    CK_MECHANISM_INFO info;
    CU_ASSERT(p11->C_GetMechanismList(0, NULL, &count) == CKR_OK && count == 13);
    CU_ASSERT(p11->C_GetMechanismInfo(0, CKM_ECDSA, &info) == CKR_OK && info.ulMinKeySize == 256);
    CU_ASSERT_EQUAL(p11->C_GetMechanismInfo(0, CKM_EC_KEY_PAIR_GEN, &info), CKR_MECHANISM_INVALID);
}

static void test_no_event_ever_comes(void)
{
    CK_SLOT_ID slot;
    CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
    CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(0, &slot, NULL), CKR_FUNCTION_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(0, &slot, &slot), CKR_ARGUMENTS_BAD);
}

static void test_another_slot_and_null_are_refused(void)
{
    CK_SLOT_INFO slot;
    CK_TOKEN_INFO token;
    CK_MECHANISM_INFO mechanism;
    CK_ULONG count;
    CU_ASSERT_EQUAL(p11->C_GetSlotList(0, NULL, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetSlotInfo(1, &slot), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(p11->C_GetSlotInfo(0, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetTokenInfo(1, &token), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(p11->C_GetTokenInfo(0, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetMechanismList(1, NULL, &count), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(p11->C_GetMechanismList(0, NULL, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GetMechanismInfo(1, CKM_ECDSA, &mechanism), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(p11->C_GetMechanismInfo(0, CKM_ECDSA, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(slot_check(1), CKR_SLOT_ID_INVALID);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_there_is_one_slot_and_a_token_while_the_signer_is_open),
        UNIT_TEST(test_the_token_needs_no_login_and_bears_the_keystores_id),
        UNIT_TEST(test_mechanisms_are_told),
        UNIT_TEST(test_no_event_ever_comes),
        UNIT_TEST(test_another_slot_and_null_are_refused),
    };
    fake_token_open("");
    int code = UNIT_RUN("slot", tests);
    fake_token_close();
    return code;
}
