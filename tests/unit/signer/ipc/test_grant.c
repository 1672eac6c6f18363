/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ipc/grant.h"

#include "tests/unit/unit.h"

static struct grant grant;
static const char *why;

static bool look_up(const void *context, const char *name, bool is_group, uint32_t *id)
{
    (void)context;
    *id = is_group ? 200 : 100;
    return strcmp(name, is_group ? "staff" : "control") == 0;
}

static bool parses(const char *text)
{
    return grant_parse(text, look_up, NULL, &grant, &why);
}

static void test_who_is_a_number_or_a_name_of_a_user_or_a_group(void)
{
    CU_ASSERT(parses("uid=1001") && grant.id == 1001 && !grant.is_group && grant.roles == ROLE_NONE);
    CU_ASSERT(parses("gid=1001") && grant.id == 1001 && grant.is_group);
    CU_ASSERT(parses("user=control") && grant.id == 100 && !grant.is_group);
    CU_ASSERT(parses("group=staff,monitor") && grant.id == 200 && grant.is_group && grant.roles == ROLE_MONITOR);
    CU_ASSERT(parses("uid=4294967294,sign") && grant.id == 4294967294);
    CU_ASSERT(parses("uid=0") && grant.id == 0);
}

static void test_roles_are_for_all_keys_or_for_those_of_a_pattern(void)
{
    CU_ASSERT(parses("uid=1,sign,admin,operator,monitor") && grant.roles == 15);
    for (unsigned role = 0; role < ROLE_COUNT; role++)
        CU_ASSERT(grant.patterns[role][0] == '\0' && grant_covers(&grant, role, "any")
                  && grant_covers(&grant, role, NULL));
    CU_ASSERT(parses("uid=1,admin=web-*,sign=issuing-ca") && grant.roles == (ROLE_SIGN | ROLE_ADMIN));
    CU_ASSERT_STRING_EQUAL(grant.patterns[0], "issuing-ca");
    CU_ASSERT_STRING_EQUAL(grant.patterns[1], "web-*");
    CU_ASSERT(grant_covers(&grant, 0, "issuing-ca") && !grant_covers(&grant, 0, "issuing-ca2"));
    CU_ASSERT(grant_covers(&grant, 1, "web-7") && !grant_covers(&grant, 1, "web") && !grant_covers(&grant, 2, NULL));
    CU_ASSERT(parses("uid=1,sign=*") && grant.patterns[0][0] == '\0' && grant_covers(&grant, 0, "any"));
}

static void test_a_pattern_may_be_as_long_as_an_id(void)
{
    char text[128];
    snprintf(text, sizeof text, "uid=1,sign=%064d", 0);
    CU_ASSERT(parses(text) && strlen(grant.patterns[0]) == 64);
    snprintf(text, sizeof text, "uid=1,sign=%064d*", 0);
    CU_ASSERT(parses(text) && strlen(grant.patterns[0]) == 65);
    snprintf(text, sizeof text, "uid=1,sign=%065d", 0);
    CU_ASSERT(!parses(text));
}

static void test_another_form_is_refused_with_a_word_why(void)
{
    static const struct {
        const char *text, *word;
    } bad[] = { { "", "begin with" },
                { "uid", "begin with" },
                { "1001", "begin with" },
                { "UID=1", "begin with" },
                { "uid=", "number" },
                { "uid=x", "number" },
                { "uid=-1", "number" },
                { "uid= 1", "number" },
                { "uid=+1", "number" },
                { "uid=0x1", "number" },
                { "uid=1sign", "number" },
                { "uid=1;sign", "number" },
                { "uid=1 ,sign", "number" },
                { "uid=4294967295", "number" },
                { "uid=4294967296", "number" },
                { "uid=18446744073709551617", "number" },
                { "user=", "no such user" },
                { "user=staff", "no such user" },
                { "group=control", "no such group" },
                { "uid=1,", "a role is" },
                { "uid=1,sign,", "a role is" },
                { "uid=1,,sign", "a role is" },
                { "uid=1,si", "a role is" },
                { "uid=1,signs", "a role is" },
                { "uid=1,Sign", "a role is" },
                { "uid=1,root", "a role is" },
                { "uid=1,sign,sign", "twice" },
                { "uid=1,sign=a,sign=b", "twice" },
                { "uid=1,operator=ca", "only sign and admin" },
                { "uid=1,monitor=*", "only sign and admin" },
                { "uid=1,sign=", "key id" },
                { "uid=1,sign=**", "key id" },
                { "uid=1,sign=*ca", "key id" },
                { "uid=1,sign=a*b", "key id" },
                { "uid=1,sign=../x", "key id" },
                { "uid=1,sign=CA", "key id" },
                { "uid=1,sign=a=b", "key id" } };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        bool taken = parses(bad[i].text);
        CU_ASSERT(!taken && why && strstr(why, bad[i].word));
        if (taken || !why || !strstr(why, bad[i].word))
            fprintf(stderr, "\n    %s: %s", bad[i].text, why ? why : "taken");
    }
}

static void test_every_role_has_its_name(void)
{
    CU_ASSERT_STRING_EQUAL(grant_role_name(0), "sign");
    CU_ASSERT_STRING_EQUAL(grant_role_name(1), "admin");
    CU_ASSERT_STRING_EQUAL(grant_role_name(2), "operator");
    CU_ASSERT_STRING_EQUAL(grant_role_name(3), "monitor");
    CU_ASSERT(grant_role_name(ROLE_COUNT) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_who_is_a_number_or_a_name_of_a_user_or_a_group),
        UNIT_TEST(test_roles_are_for_all_keys_or_for_those_of_a_pattern),
        UNIT_TEST(test_a_pattern_may_be_as_long_as_an_id),
        UNIT_TEST(test_another_form_is_refused_with_a_word_why),
        UNIT_TEST(test_every_role_has_its_name),
    };
    return UNIT_RUN("grant", tests);
}
