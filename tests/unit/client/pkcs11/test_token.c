/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/token.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static void test_there_is_a_token_between_opening_and_closing(void)
{
    CU_ASSERT_PTR_NULL(token_lock());
    CU_ASSERT_EQUAL(token_close(), CKR_CRYPTOKI_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(token_check(1), CKR_CRYPTOKI_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(token_open(), CKR_OK);
    CU_ASSERT_EQUAL(token_open(), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    CU_ASSERT_EQUAL(token_check(1), CKR_SESSION_HANDLE_INVALID);
    struct token *token = token_lock();
    CU_ASSERT_PTR_NOT_NULL(token);
    token_unlock();
    CU_ASSERT_EQUAL(token_close(), CKR_OK);
}

/* The sanitizer looks whether the client is freed once. */
static void test_a_client_that_is_in_use_outlives_the_token(void)
{
    signer_client *client, *again;
    struct signer_about about;
    CU_ASSERT_PTR_NULL(token_borrow(&client));
    CU_ASSERT_EQUAL(token_open(), CKR_OK);
    struct token_client *borrowed = token_borrow(&client), *second = token_borrow(&again);
    CU_ASSERT_PTR_EQUAL(client, again);
    CU_ASSERT_EQUAL(token_close(), CKR_OK);
    CU_ASSERT_EQUAL(signer_hello(client, &about, NULL), SIGNER_OK);
    token_return(borrowed);
    CU_ASSERT_EQUAL(signer_hello(client, &about, NULL), SIGNER_OK);
    token_return(second);
}

static void test_settings_that_are_refused_open_nothing(void)
{
    setenv("SIGNER_PKCS11_KEYS", "NO", 1);
    CU_ASSERT_EQUAL(token_open(), CKR_FUNCTION_FAILED);
    unsetenv("SIGNER_PKCS11_KEYS");
    setenv("SIGNER_TIMEOUT", "5s", 1);
    CU_ASSERT_EQUAL(token_open(), CKR_FUNCTION_FAILED);
    unsetenv("SIGNER_TIMEOUT");
    CU_ASSERT_PTR_NULL(token_lock());
}

static CK_SESSION_HANDLE inherited;

static void in_a_child(void)
{
    CU_ASSERT_EQUAL(token_check(inherited), CKR_OK);
    CU_ASSERT_EQUAL(token_open(), CKR_OK);
    CU_ASSERT_EQUAL(token_check(inherited), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(token_open(), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    CU_ASSERT_EQUAL(token_close(), CKR_OK);
}

static void test_a_child_has_the_sessions_until_it_opens_its_own(void)
{
    CU_ASSERT_EQUAL(token_open(), CKR_OK);
    struct token *token = token_lock();
    CU_ASSERT_EQUAL(sessions_open(&token->sessions, false, &inherited), CKR_OK);
    token_unlock();
    unit_child(in_a_child);
    CU_ASSERT_EQUAL(token_check(inherited), CKR_OK);
    CU_ASSERT_EQUAL(token_close(), CKR_OK);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_there_is_a_token_between_opening_and_closing),
        UNIT_TEST(test_a_client_that_is_in_use_outlives_the_token),
        UNIT_TEST(test_settings_that_are_refused_open_nothing),
        UNIT_TEST(test_a_child_has_the_sessions_until_it_opens_its_own),
    };
    fake_token_start("");
    int code = UNIT_RUN("token", tests);
    fake_token_close();
    return code;
}
