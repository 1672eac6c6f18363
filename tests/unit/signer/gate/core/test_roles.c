/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/roles.h"

#include "tests/unit/unit.h"

enum { ALL = ROLE_SIGN | ROLE_ADMIN | ROLE_OPERATOR };

static const struct roles none = { .self = 500, .overflow = 65534 };

static void expect(const char *argument, uid_t uid, unsigned wanted)
{
    struct roles roles = none;
    unsigned mask = 99;
    CU_ASSERT(roles_allow(&roles, argument) && roles.count == 1);
    CU_ASSERT(roles_of(&roles, uid, &mask) && mask == wanted);
    CU_ASSERT(!roles_of(&roles, uid + 1, &mask) && mask == ROLE_NONE);
}

static void test_a_uid_with_or_without_roles_is_allowed(void)
{
    expect("uid=1001", 1001, ROLE_NONE);
    expect("uid=1001,sign", 1001, ROLE_SIGN);
    expect("uid=1001,admin", 1001, ROLE_ADMIN);
    expect("uid=1001,operator", 1001, ROLE_OPERATOR);
    expect("uid=1001,operator,sign,admin", 1001, ALL);
    expect("uid=1001,sign,sign", 1001, ROLE_SIGN);
    expect("uid=4294967293,sign", 4294967293, ROLE_SIGN);
}

static void test_an_allowance_of_another_form_is_refused(void)
{
    static const char *const bad[] = { "",
                                       "uid",
                                       "uid=",
                                       "uid=x",
                                       "uid=-1",
                                       "uid= 1",
                                       "uid=+1",
                                       "uid=1,",
                                       "uid=1,sign,",
                                       "uid=1,,sign",
                                       "uid=1,si",
                                       "uid=1,signs",
                                       "uid=1,Sign",
                                       "uid=1 ,sign",
                                       "uid=1sign",
                                       "gid=1",
                                       "UID=1",
                                       "1001",
                                       "uid=0x1",
                                       "uid=1;sign",
                                       "uid=4294967295",
                                       "uid=4294967296",
                                       "uid=18446744073709551617",
                                       "uid=1,root" };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        struct roles roles = none;
        CU_ASSERT(!roles_allow(&roles, bad[i]) && roles.count == 0);
    }
}

static void test_the_signers_own_uid_and_root_have_their_roles_by_default(void)
{
    unsigned mask;
    CU_ASSERT(roles_of(&none, 500, &mask) && mask == ALL);
    CU_ASSERT(roles_of(&none, 0, &mask) && mask == ROLE_OPERATOR);
    CU_ASSERT(!roles_of(&none, 501, &mask) && mask == ROLE_NONE);
    CU_ASSERT(!roles_of(&none, 65534, &mask) && mask == ROLE_NONE);
}

static void test_roles_of_several_allowances_add_up(void)
{
    struct roles roles = none;
    unsigned mask;
    CU_ASSERT(roles_allow(&roles, "uid=7,sign") && roles_allow(&roles, "uid=7,admin"));
    CU_ASSERT(roles_allow(&roles, "uid=0,sign"));
    CU_ASSERT(roles_of(&roles, 7, &mask) && mask == (ROLE_SIGN | ROLE_ADMIN));
    CU_ASSERT(roles_of(&roles, 0, &mask) && mask == (ROLE_OPERATOR | ROLE_SIGN));
}

static void test_the_overflow_uid_is_never_let_in(void)
{
    struct roles roles = none;
    unsigned mask;
    CU_ASSERT(roles_allow(&roles, "uid=65534,sign"));
    CU_ASSERT(!roles_of(&roles, 65534, &mask) && mask == ROLE_NONE);
}

static void test_as_many_allowances_as_fit_are_taken_and_no_more(void)
{
    struct roles roles = none;
    unsigned mask;
    char argument[32];
    for (int i = 0; i < ROLES_ALLOWED_MAX; i++) {
        snprintf(argument, sizeof argument, "uid=%d,sign", 2000 + i);
        CU_ASSERT(roles_allow(&roles, argument));
    }
    CU_ASSERT(!roles_allow(&roles, "uid=3000") && roles.count == ROLES_ALLOWED_MAX);
    CU_ASSERT(roles_of(&roles, 2000 + ROLES_ALLOWED_MAX - 1, &mask) && mask == ROLE_SIGN);
}

static void test_every_role_has_its_name(void)
{
    CU_ASSERT_STRING_EQUAL(roles_name(0), "sign");
    CU_ASSERT_STRING_EQUAL(roles_name(1), "admin");
    CU_ASSERT_STRING_EQUAL(roles_name(2), "operator");
    CU_ASSERT(roles_name(ROLE_COUNT) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_uid_with_or_without_roles_is_allowed),
        UNIT_TEST(test_an_allowance_of_another_form_is_refused),
        UNIT_TEST(test_the_signers_own_uid_and_root_have_their_roles_by_default),
        UNIT_TEST(test_roles_of_several_allowances_add_up),
        UNIT_TEST(test_the_overflow_uid_is_never_let_in),
        UNIT_TEST(test_as_many_allowances_as_fit_are_taken_and_no_more),
        UNIT_TEST(test_every_role_has_its_name),
    };
    return UNIT_RUN("roles", tests);
}
