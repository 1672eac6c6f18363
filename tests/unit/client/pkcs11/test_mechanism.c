/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/mechanism.h"

#include "tests/unit/unit.h"

enum { SIGNING = 13, MAKING = 3 };

static struct mechanism chosen;

static CK_RV choose(CK_MECHANISM_TYPE type, void *parameter, CK_ULONG length)
{
    const CK_MECHANISM asked = { type, parameter, length };
    return mechanism_choose(&asked, &chosen);
}

static CK_RV choose_pss(CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE hash, CK_ULONG mgf, CK_ULONG salt)
{
    CK_RSA_PKCS_PSS_PARAMS given = { hash, mgf, salt };
    return choose(type, &given, sizeof given);
}

static void test_the_list_is_counted_and_bounded(void)
{
    CK_MECHANISM_TYPE list[SIGNING + MAKING + 1];
    CK_ULONG count = 0;
    CU_ASSERT(mechanism_list(false, NULL, &count) == CKR_OK && count == SIGNING);
    CU_ASSERT(mechanism_list(true, NULL, &count) == CKR_OK && count == SIGNING + MAKING);
    list[SIGNING - 1] = 0x77;
    count = SIGNING - 1;
    CU_ASSERT(mechanism_list(false, list, &count) == CKR_BUFFER_TOO_SMALL && count == SIGNING);
    CU_ASSERT_EQUAL(list[SIGNING - 1], 0x77);
    CU_ASSERT_EQUAL(mechanism_list(false, list, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++)
        CU_ASSERT_PTR_NOT_NULL(mechanism_find(false, list[i]));
}

static void test_making_keys_is_there_only_if_it_is_allowed(void)
{
    CU_ASSERT_PTR_NULL(mechanism_find(false, CKM_EC_KEY_PAIR_GEN));
    CU_ASSERT_PTR_NOT_NULL(mechanism_find(true, CKM_EC_KEY_PAIR_GEN));
    CU_ASSERT_EQUAL(choose(CKM_EC_KEY_PAIR_GEN, NULL, 0), CKR_MECHANISM_INVALID);
    CU_ASSERT_EQUAL(choose(CKM_SHA256, NULL, 0), CKR_MECHANISM_INVALID);
    CU_ASSERT_EQUAL(choose(~0ul, NULL, 0), CKR_MECHANISM_INVALID);
}

static void test_what_has_no_parameter_takes_none(void)
{
    uint8_t bytes[4] = { 0 };
    CU_ASSERT_EQUAL(choose(CKM_ECDSA, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(choose(CKM_ECDSA, bytes, sizeof bytes), CKR_MECHANISM_PARAM_INVALID);
    CU_ASSERT_EQUAL(choose(CKM_SHA256_RSA_PKCS, NULL, ~0ul), CKR_MECHANISM_PARAM_INVALID);
}

static void test_pss_is_with_one_hash_and_a_salt_of_its_length(void)
{
    CU_ASSERT_EQUAL(choose_pss(CKM_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 48), CKR_OK);
    CU_ASSERT_EQUAL(chosen.hash, SIGNER_SHA384);
    CU_ASSERT_EQUAL(choose_pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32), CKR_OK);
    const CK_RV refused = CKR_MECHANISM_PARAM_INVALID;
    CU_ASSERT_EQUAL(choose_pss(CKM_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 32), refused);
    CU_ASSERT_EQUAL(choose_pss(CKM_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA256, 48), refused);
    CU_ASSERT_EQUAL(choose_pss(CKM_RSA_PKCS_PSS, 0x220, 1, 20), refused); /* SHA-1 */
    CU_ASSERT_EQUAL(choose_pss(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 48), refused);
    CU_ASSERT_EQUAL(choose(CKM_RSA_PKCS_PSS, NULL, 0), refused);
    CU_ASSERT_EQUAL(choose(CKM_RSA_PKCS_PSS, NULL, sizeof(CK_RSA_PKCS_PSS_PARAMS)), refused);
    CU_ASSERT_EQUAL(choose(CKM_RSA_PKCS_PSS, &chosen, sizeof(CK_RSA_PKCS_PSS_PARAMS) - 1), refused);
}

static void test_eddsa_is_pure_and_without_a_context(void)
{
    CK_BYTE context = 1;
    CK_EDDSA_PARAMS pure = { 0 }, prehashed = { .phFlag = 1 },
                    with = { .ulContextDataLen = 1, .pContextData = &context };
    CU_ASSERT_EQUAL(choose(CKM_EDDSA, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(choose(CKM_EDDSA, &pure, sizeof pure), CKR_OK);
    CU_ASSERT_EQUAL(choose(CKM_EDDSA, &prehashed, sizeof prehashed), CKR_MECHANISM_PARAM_INVALID);
    CU_ASSERT_EQUAL(choose(CKM_EDDSA, &with, sizeof with), CKR_MECHANISM_PARAM_INVALID);
    CU_ASSERT_EQUAL(choose(CKM_EDDSA, NULL, sizeof with), CKR_MECHANISM_PARAM_INVALID);
    CU_ASSERT_EQUAL(choose(CKM_EDDSA, &with, 1), CKR_MECHANISM_PARAM_INVALID);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_list_is_counted_and_bounded),
        UNIT_TEST(test_making_keys_is_there_only_if_it_is_allowed),
        UNIT_TEST(test_what_has_no_parameter_takes_none),
        UNIT_TEST(test_pss_is_with_one_hash_and_a_salt_of_its_length),
        UNIT_TEST(test_eddsa_is_pure_and_without_a_context),
    };
    return UNIT_RUN("mechanism", tests);
}
