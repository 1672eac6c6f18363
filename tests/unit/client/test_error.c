/* SPDX-License-Identifier: Apache-2.0 */
#include "client/error.h"

#include <CUnit/Basic.h>
#include <string.h>

static struct signer_error error;

static void test_an_error_that_nobody_wants_still_gives_its_status(void)
{
    CU_ASSERT(error_set(NULL, SIGNER_NOT_FOUND, "KEY_UNKNOWN", "%s", "x") == SIGNER_NOT_FOUND);
    CU_ASSERT(error_memory(NULL) == SIGNER_RESOURCE_EXHAUSTED);
}

static void test_an_error_of_the_signer_becomes_one_printable_line(void)
{
    struct response response = {
        .status = STATUS_NOT_FOUND, .reason = "A\tB", .message = "one\ntwo\x1b[31m", .retry_after_ms = 9
    };
    CU_ASSERT(error_from_response(&error, &response) == SIGNER_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(error.reason, "A B");
    CU_ASSERT_STRING_EQUAL(error.message, "one two [31m");
    CU_ASSERT_EQUAL(error.retry_after_ms, 9);
    error_set(&error, SIGNER_INTERNAL, "X", "y");
    CU_ASSERT_EQUAL(error.retry_after_ms, 0);
}

static void test_a_status_of_another_version_is_internal(void)
{
    struct response response = { .status = 77, .reason = "FUTURE", .message = "" };
    CU_ASSERT(error_from_response(&error, &response) == SIGNER_INTERNAL);
    CU_ASSERT_STRING_EQUAL(error.reason, "FUTURE");
    response.status = -1;
    CU_ASSERT(error_from_response(&error, &response) == SIGNER_INTERNAL);
}

/* A cut leaves no half of a character. */
static void test_a_long_message_is_cut_at_a_character(void)
{
    char text[600];
    memset(text, 'a', sizeof text);
    text[511] = (char)0xc3;
    text[512] = (char)0xa9;
    text[599] = '\0';
    error_set(&error, SIGNER_INTERNAL, "X", "%s", text);
    CU_ASSERT_EQUAL(strlen(error.message), 511);
    text[511] = 'a';
    text[512] = 'a';
    error_set(&error, SIGNER_INTERNAL, "X", "%s", text);
    CU_ASSERT_EQUAL(strlen(error.message), 512);
    text[510] = (char)0xc3;
    text[511] = (char)0xa9;
    error_set(&error, SIGNER_INTERNAL, "X", "%s", text);
    CU_ASSERT_EQUAL(strlen(error.message), 512);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("problem", NULL, NULL);
    CU_ADD_TEST(suite, test_an_error_that_nobody_wants_still_gives_its_status);
    CU_ADD_TEST(suite, test_an_error_of_the_signer_becomes_one_printable_line);
    CU_ADD_TEST(suite, test_a_status_of_another_version_is_internal);
    CU_ADD_TEST(suite, test_a_long_message_is_cut_at_a_character);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
