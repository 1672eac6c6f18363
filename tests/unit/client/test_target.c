/* SPDX-License-Identifier: Apache-2.0 */
#include "client/target.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static struct target target;
static struct signer_error error;

static void expect_refusal(const char *list, const char *says)
{
    error = (struct signer_error){ 0 };
    CU_ASSERT(target_parse(&target, "signer_socket", list, &error) == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(error.reason, "ARGUMENT");
    CU_ASSERT(strncmp(error.message, "signer_socket", strlen("signer_socket")) == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, says));
}

static void test_a_list_is_paths_separated_by_colons_in_their_order(void)
{
    CU_ASSERT(target_parse(&target, "x", "/run/a b,c;d/s", NULL) == SIGNER_OK);
    CU_ASSERT(target.count == 1 && strcmp(target.paths[0], "/run/a b,c;d/s") == 0);
    CU_ASSERT(target_parse(&target, "x", "/run/b:/run/a:c", NULL) == SIGNER_OK);
    CU_ASSERT_EQUAL(target.count, 3);
    CU_ASSERT(strcmp(target.paths[0], "/run/b") == 0 && strcmp(target.paths[1], "/run/a") == 0
              && strcmp(target.paths[2], "c") == 0);
}

static void test_an_empty_a_double_and_one_path_too_many_are_refused(void)
{
    static const char *const empty[] = { "", ":", ":/a", "/a:", "/a::/b" };
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        expect_refusal(empty[i], "0 characters");
    expect_refusal("/a:/b:/a", "/a twice");
    CU_ASSERT(target_parse(&target, "x", "1:2:3:4:5:6:7:8", NULL) == SIGNER_OK && target.count == TARGET_SOCKETS_MAX);
    expect_refusal("1:2:3:4:5:6:7:8:9", "more sockets than 8");
}

static void test_a_path_that_is_too_long_is_refused(void)
{
    char list[2 + CONNECTION_PATH_SIZE + 1] = "a:";
    memset(list + 2, 'x', CONNECTION_PATH_SIZE);
    list[2 + CONNECTION_PATH_SIZE - 1] = '\0';
    CU_ASSERT(target_parse(&target, "x", list, NULL) == SIGNER_OK);
    list[2 + CONNECTION_PATH_SIZE - 1] = 'x';
    list[2 + CONNECTION_PATH_SIZE] = '\0';
    expect_refusal(list, "1 to 107 are allowed");
}

static void test_one_socket_is_the_callers_the_environments_or_the_usual_one(void)
{
    char path[CONNECTION_PATH_SIZE];
    unsetenv("SIGNER_SOCKET");
    setenv("RUNTIME_DIRECTORY", "/run/other", 1); /* of the service that this process is, and not of the signer */
    CU_ASSERT(target_one(NULL, path, NULL) == SIGNER_OK);
    CU_ASSERT_STRING_EQUAL(path, "/run/signer/signer.sock");
    unsetenv("RUNTIME_DIRECTORY");
    setenv("SIGNER_SOCKET", "/tmp/named", 1);
    CU_ASSERT(target_one(NULL, path, NULL) == SIGNER_OK);
    CU_ASSERT_STRING_EQUAL(path, "/tmp/named");
    CU_ASSERT(target_one("/tmp/chosen", path, NULL) == SIGNER_OK);
    CU_ASSERT_STRING_EQUAL(path, "/tmp/chosen");
    setenv("SIGNER_SOCKET", "/tmp/a:/tmp/b", 1);
    CU_ASSERT(target_one(NULL, path, &error) == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "SIGNER_SOCKET names 2 sockets"));
    CU_ASSERT_STRING_EQUAL(path, "/tmp/chosen");
    unsetenv("SIGNER_SOCKET");
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("target", NULL, NULL);
    CU_ADD_TEST(suite, test_a_list_is_paths_separated_by_colons_in_their_order);
    CU_ADD_TEST(suite, test_an_empty_a_double_and_one_path_too_many_are_refused);
    CU_ADD_TEST(suite, test_a_path_that_is_too_long_is_refused);
    CU_ADD_TEST(suite, test_one_socket_is_the_callers_the_environments_or_the_usual_one);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
