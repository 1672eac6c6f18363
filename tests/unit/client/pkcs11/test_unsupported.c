/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/unsupported.h"

#include "tests/unit/client/pkcs11/fake_token.h"

/* Every one of them with NULL for every pointer. */
static void check(CK_SESSION_HANDLE s, CK_RV expected)
{
    CU_ASSERT_EQUAL(unsupported_set_pin(s, NULL, 1, NULL, 1), expected);
    CU_ASSERT_EQUAL(unsupported_set_state(s, NULL, 1, 0, 0), expected);
    CU_ASSERT_EQUAL(unsupported_session(s), expected);
    CU_ASSERT_EQUAL(unsupported_key(s, 0), expected);
    CU_ASSERT_EQUAL(unsupported_mechanism(s, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_mechanism_key(s, NULL, 0), expected);
    CU_ASSERT_EQUAL(unsupported_in(s, NULL, 1), expected);
    CU_ASSERT_EQUAL(unsupported_out(s, NULL, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_in_in(s, NULL, 1, NULL, 1), expected);
    CU_ASSERT_EQUAL(unsupported_in_out(s, NULL, 1, NULL, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_generate(s, NULL, NULL, 1, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_wrap(s, NULL, 0, 0, NULL, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_unwrap(s, NULL, 0, NULL, 1, NULL, 1, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_derive(s, NULL, 0, NULL, 1, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_message(s, NULL, 1, NULL, 1, NULL, 1, NULL, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_message_begin(s, NULL, 1, NULL, 1), expected);
    CU_ASSERT_EQUAL(unsupported_message_next(s, NULL, 1, NULL, 1, NULL, NULL, 0), expected);
    CU_ASSERT_EQUAL(unsupported_parameter(s, NULL, 1), expected);
    CU_ASSERT_EQUAL(unsupported_sign_message(s, NULL, 1, NULL, 1, NULL, NULL), expected);
    CU_ASSERT_EQUAL(unsupported_verify_message(s, NULL, 1, NULL, 1, NULL, 1), expected);
}

static void test_each_says_that_it_is_not_there(void)
{
    check(fake_session, CKR_FUNCTION_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(unsupported_init_token(0, NULL, 1, NULL), CKR_FUNCTION_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(unsupported_init_token(1, NULL, 1, NULL), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(unsupported_parallel(fake_session), CKR_FUNCTION_NOT_PARALLEL);
}

static void test_a_session_that_is_none_comes_first(void)
{
    check(fake_session + 1, CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(unsupported_parallel(0), CKR_SESSION_HANDLE_INVALID);
}

static void test_nothing_works_before_initialize(void)
{
    CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
    check(fake_session, CKR_CRYPTOKI_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(unsupported_init_token(0, NULL, 1, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_each_says_that_it_is_not_there),
        UNIT_TEST(test_a_session_that_is_none_comes_first),
        UNIT_TEST(test_nothing_works_before_initialize),
    };
    fake_token_open("");
    int code = UNIT_RUN("unsupported", tests);
    fake_token_close();
    return code;
}
