/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/template.h"

#include "tests/unit/unit.h"

static CK_ULONG number = 3;
static CK_BBOOL yes = 1;

static CK_RV check(CK_ATTRIBUTE *attributes, CK_ULONG count)
{
    const struct template template = { attributes, count };
    return template_check(&template);
}

static void test_pointers_and_lengths_are_checked(void)
{
    CK_ATTRIBUTE good[] = { { CKA_CLASS, &number, sizeof number }, { CKA_LABEL, NULL, 0 } };
    CK_ATTRIBUTE null = { CKA_CLASS, NULL, 8 }, huge = { CKA_CLASS, &number, ~0ul };
    CU_ASSERT_EQUAL(check(good, 2), CKR_OK);
    CU_ASSERT_EQUAL(check(NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(check(NULL, 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(check(good, ~0ul), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(check(good, TEMPLATE_MAX + 1), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(check(&null, 1), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(check(&huge, 1), CKR_ATTRIBUTE_VALUE_INVALID);
}

static void test_the_first_attribute_of_a_type_is_found(void)
{
    CK_ATTRIBUTE attributes[] = { { CKA_LABEL, NULL, 0 }, { CKA_CLASS, &number, 8 }, { CKA_CLASS, NULL, 0 } };
    const struct template template = { attributes, 3 };
    CU_ASSERT_PTR_EQUAL(template_find(&template, CKA_CLASS), &attributes[1]);
    CU_ASSERT_PTR_NULL(template_find(&template, CKA_ID));
}

static void test_values_have_their_length_and_need_no_alignment(void)
{
    uint8_t bytes[sizeof number + 1];
    memcpy(bytes + 1, &number, sizeof number);
    CK_ATTRIBUTE odd = { CKA_CLASS, bytes + 1, sizeof number }, four = { CKA_CLASS, bytes, 4 };
    CK_ATTRIBUTE flag = { CKA_TOKEN, &yes, 1 };
    CK_ULONG read = 0;
    bool set = false;
    CU_ASSERT(template_number(&odd, &read) && read == 3);
    CU_ASSERT_FALSE(template_number(&four, &read));
    CU_ASSERT(template_flag(&flag, &set) && set);
    CU_ASSERT_FALSE(template_flag(&four, &set));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_pointers_and_lengths_are_checked),
        UNIT_TEST(test_the_first_attribute_of_a_type_is_found),
        UNIT_TEST(test_values_have_their_length_and_need_no_alignment),
    };
    return UNIT_RUN("template", tests);
}
