/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/roles.h"

#include "tests/unit/unit.h"

enum { ALL = ROLE_SIGN | ROLE_ADMIN | ROLE_OPERATOR | ROLE_MONITOR };

static struct roles roles;

static bool none(const void *context, const char *name, bool is_group, uint32_t *id)
{
    (void)context;
    (void)name;
    (void)is_group;
    (void)id;
    return false;
}

static void begin(void)
{
    roles = (struct roles){ .self = 500, .overflow = 65534 };
}

static void add(const char *text)
{
    struct grant grant;
    const char *why;
    CU_ASSERT(grant_parse(text, none, NULL, &grant, &why) && roles_add(&roles, &grant));
}

/* The roles for all keys; UINT_MAX: not let in. */
static unsigned all_of(uid_t uid)
{
    struct rights rights;
    if (roles_of(&roles, uid, NULL, 0, &rights))
        return rights.all;
    CU_ASSERT(rights.all == 0 && !roles_may(&roles, &rights, ALL, NULL));
    return UINT32_MAX;
}

static bool may(uid_t uid, const gid_t *groups, size_t count, unsigned any_of, const char *id)
{
    struct rights rights;
    return roles_of(&roles, uid, groups, count, &rights) && roles_may(&roles, &rights, any_of, id);
}

static void test_a_uid_with_or_without_roles_is_let_in(void)
{
    begin();
    add("uid=1001");
    add("uid=1002,sign");
    add("uid=1003,operator,sign,admin,monitor");
    CU_ASSERT(all_of(1001) == ROLE_NONE && all_of(1002) == ROLE_SIGN && all_of(1003) == ALL);
    CU_ASSERT(all_of(1004) == UINT32_MAX);
}

static void test_the_signers_own_uid_and_root_have_their_roles_by_default(void)
{
    begin();
    CU_ASSERT(all_of(500) == ALL && all_of(0) == (ROLE_OPERATOR | ROLE_MONITOR));
    CU_ASSERT(all_of(501) == UINT32_MAX && all_of(65534) == UINT32_MAX);
}

static void test_roles_of_several_grants_add_up(void)
{
    begin();
    add("uid=7,sign");
    add("uid=7,admin");
    add("uid=0,sign");
    CU_ASSERT(all_of(7) == (ROLE_SIGN | ROLE_ADMIN) && all_of(0) == (ROLE_OPERATOR | ROLE_MONITOR | ROLE_SIGN));
}

static void test_the_overflow_uid_and_group_are_never_let_in(void)
{
    static const gid_t overflow = 65534;
    begin();
    add("uid=65534,sign");
    add("gid=65534,sign");
    CU_ASSERT(all_of(65534) == UINT32_MAX && !may(7, &overflow, 1, ROLE_SIGN, NULL));
}

static void test_a_pattern_is_for_its_keys_and_no_others(void)
{
    begin();
    add("uid=7,sign=web-*,admin=web-test");
    CU_ASSERT(may(7, NULL, 0, ROLE_SIGN, "web-1") && may(7, NULL, 0, ROLE_SIGN, "web-"));
    CU_ASSERT(!may(7, NULL, 0, ROLE_SIGN, "web") && !may(7, NULL, 0, ROLE_SIGN, "root-ca"));
    CU_ASSERT(!may(7, NULL, 0, ROLE_SIGN, "") && !may(7, NULL, 0, ROLE_SIGN, "aweb-1"));
    CU_ASSERT(may(7, NULL, 0, ROLE_ADMIN, "web-test") && !may(7, NULL, 0, ROLE_ADMIN, "web-test2"));
    CU_ASSERT(may(7, NULL, 0, ROLE_SIGN, NULL) && !may(7, NULL, 0, ROLE_OPERATOR, NULL));
    add("uid=7,sign=root-ca");
    CU_ASSERT(may(7, NULL, 0, ROLE_SIGN, "root-ca") && !may(7, NULL, 0, ROLE_ADMIN, "root-ca"));
}

static void test_a_group_is_any_of_the_groups_of_the_process(void)
{
    static const gid_t groups[] = { 30, 20, 10 };
    begin();
    add("gid=20,sign");
    CU_ASSERT(roles_have_groups(&roles));
    CU_ASSERT(may(7, groups, 3, ROLE_SIGN, "ca") && may(8, groups + 1, 1, ROLE_SIGN, "ca"));
    CU_ASSERT(!may(7, groups, 1, ROLE_SIGN, "ca") && !may(20, groups, 0, ROLE_SIGN, "ca"));
    begin();
    add("uid=20,sign");
    CU_ASSERT(!roles_have_groups(&roles) && !may(7, groups, 3, ROLE_SIGN, "ca"));
}

static void test_as_many_grants_as_fit_are_taken_and_no_more(void)
{
    struct grant grant = { .roles = ROLE_SIGN };
    begin();
    for (uint32_t i = 0; i < GRANTS_MAX; i++) {
        grant.id = 2000 + i;
        CU_ASSERT(roles_add(&roles, &grant));
    }
    CU_ASSERT(!roles_add(&roles, &grant) && roles.count == GRANTS_MAX);
    CU_ASSERT(all_of(2000 + GRANTS_MAX - 1) == ROLE_SIGN && all_of(2000) == ROLE_SIGN);
}

static void test_roles_are_told_as_they_were_granted_each_once(void)
{
    const char *told[8];
    char space[256];
    struct rights rights;
    begin();
    add("uid=7,sign=web-*,monitor");
    add("uid=7,sign=web-*,admin");
    add("uid=7,sign=ca,admin=ca");
    CU_ASSERT(roles_of(&roles, 7, NULL, 0, &rights));
    size_t count = roles_list(&roles, &rights, space, sizeof space, told, 8);
    CU_ASSERT(count == 4);
    UNIT_NEED(count == 4);
    CU_ASSERT_STRING_EQUAL(told[0], "sign=web-*");
    CU_ASSERT_STRING_EQUAL(told[1], "sign=ca");
    CU_ASSERT_STRING_EQUAL(told[2], "admin");
    CU_ASSERT_STRING_EQUAL(told[3], "monitor");
    CU_ASSERT(roles_list(&roles, &rights, space, sizeof space, told, 2) == 2);
    CU_ASSERT(roles_list(&roles, &rights, space, 12, told, 8) == 1);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_uid_with_or_without_roles_is_let_in),
        UNIT_TEST(test_the_signers_own_uid_and_root_have_their_roles_by_default),
        UNIT_TEST(test_roles_of_several_grants_add_up),
        UNIT_TEST(test_the_overflow_uid_and_group_are_never_let_in),
        UNIT_TEST(test_a_pattern_is_for_its_keys_and_no_others),
        UNIT_TEST(test_a_group_is_any_of_the_groups_of_the_process),
        UNIT_TEST(test_as_many_grants_as_fit_are_taken_and_no_more),
        UNIT_TEST(test_roles_are_told_as_they_were_granted_each_once),
    };
    return UNIT_RUN("roles", tests);
}
