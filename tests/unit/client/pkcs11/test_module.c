/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/module.h"

#include "tests/unit/unit.h"

enum { CALLS_2_40 = 68, CALLS_3_0 = CALLS_2_40 + 24 };

static CK_BYTE name[] = "PKCS 11", other[] = "PKCS 12";

/* Every place of a table has a function: a program may call any. */
static bool is_full(const void *list, size_t size)
{
    void (*const *calls)(void) = (void (*const *)(void))((const char *)list + sizeof(void *));
    for (size_t i = 0; i < size; i++)
        if (!calls[i])
            return false;
    return true;
}

static void test_both_tables_are_full_and_have_the_standards_size(void)
{
    CK_FUNCTION_LIST *list;
    CK_INTERFACE *interface;
    CU_ASSERT_EQUAL(sizeof(CK_FUNCTION_LIST), (CALLS_2_40 + 1) * sizeof(void *));
    CU_ASSERT_EQUAL(sizeof(CK_FUNCTION_LIST_3_0), (CALLS_3_0 + 1) * sizeof(void *));
    CU_ASSERT_EQUAL(C_GetFunctionList(&list), CKR_OK);
    CU_ASSERT(list->version.major == 2 && list->version.minor == 40 && is_full(list, CALLS_2_40));
    CU_ASSERT_EQUAL(C_GetInterface(NULL, NULL, &interface, 0), CKR_OK);
    CU_ASSERT(is_full(interface->pFunctionList, CALLS_3_0));
}

static void test_an_interface_is_found_by_name_version_and_flags(void)
{
    CK_INTERFACE *interface;
    CK_VERSION old = { 2, 40 }, newest = { 3, 0 }, unknown = { 9, 9 };
    CU_ASSERT_EQUAL(C_GetInterface(name, &old, &interface, 0), CKR_OK);
    CU_ASSERT_EQUAL(((const CK_VERSION *)interface->pFunctionList)->major, 2);
    CU_ASSERT_EQUAL(C_GetInterface(name, &newest, &interface, CKF_INTERFACE_FORK_SAFE), CKR_OK);
    CU_ASSERT_EQUAL(((const CK_VERSION *)interface->pFunctionList)->major, 3);
    CU_ASSERT_EQUAL(C_GetInterface(name, &unknown, &interface, 0), CKR_FUNCTION_FAILED);
    CU_ASSERT_EQUAL(C_GetInterface(other, NULL, &interface, 0), CKR_FUNCTION_FAILED);
    CU_ASSERT_EQUAL(C_GetInterface(name, NULL, &interface, 8), CKR_FUNCTION_FAILED);
}

static void test_interfaces_are_listed(void)
{
    CK_INTERFACE list[3];
    CK_ULONG count = 1;
    CU_ASSERT(C_GetInterfaceList(list, &count) == CKR_BUFFER_TOO_SMALL && count == 2);
    CU_ASSERT(C_GetInterfaceList(NULL, &count) == CKR_OK && count == 2);
    CU_ASSERT_EQUAL(C_GetInterfaceList(list, &count), CKR_OK);
    CU_ASSERT_STRING_EQUAL(list[1].pInterfaceName, "PKCS 11");
}

static void test_null_is_refused(void)
{
    CU_ASSERT_EQUAL(C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(C_GetInterfaceList(NULL, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(C_GetInterface(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_both_tables_are_full_and_have_the_standards_size),
        UNIT_TEST(test_an_interface_is_found_by_name_version_and_flags),
        UNIT_TEST(test_interfaces_are_listed),
        UNIT_TEST(test_null_is_refused),
    };
    return UNIT_RUN("module", tests);
}
