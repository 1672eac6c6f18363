/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/generate.h"

#include "tests/unit/client/pkcs11/fake_token.h"

static CK_BBOOL yes = 1, no = 0;
static CK_ULONG bits = 3072, odd_bits = 3000, of_public = CKO_PUBLIC_KEY, of_private = CKO_PRIVATE_KEY;
static CK_ULONG of_rsa = CKK_RSA, of_ec = CKK_EC, ecdsa = CKM_ECDSA;
static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 },
               ed[] = "\x13\x0c"
                      "edwards25519";
static CK_BYTE three[] = { 3 };
static CK_OBJECT_HANDLE public, private;

#define LABEL(text) { CKA_LABEL, text, sizeof text - 1 }
#define TOKEN { CKA_TOKEN, &yes, 1 }
#define P256 { CKA_EC_PARAMS, p256, sizeof p256 }
#define MAKE(type, public_template, private_template)                                                                  \
    make(type, public_template, UNIT_COUNT(public_template), private_template, UNIT_COUNT(private_template))

static CK_RV make(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *one, CK_ULONG count, CK_ATTRIBUTE *other, CK_ULONG others)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    return p11->C_GenerateKeyPair(fake_session, &mechanism, one, count, other, others, &public, &private);
}

static void test_a_key_with_a_label_that_stays_is_made(void)
{
    CK_ATTRIBUTE curve[] = { P256 }, named[] = { TOKEN, LABEL("new") };
    CK_ATTRIBUTE edwards[] = { { CKA_EC_PARAMS, ed, sizeof ed - 1 } }, rsa[] = { { CKA_MODULUS_BITS, &bits, 8 } };
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, named), CKR_OK);
    CU_ASSERT_STRING_EQUAL(fake_seen.generated, "new");
    CU_ASSERT_STRING_EQUAL(fake_seen.algorithm, "ec-p256");
    CU_ASSERT(private == fake_object(CKO_PRIVATE_KEY, "new") && public == fake_object(CKO_PUBLIC_KEY, "new"));
    CU_ASSERT_EQUAL(MAKE(CKM_EC_EDWARDS_KEY_PAIR_GEN, edwards, named), CKR_OK);
    CU_ASSERT_STRING_EQUAL(fake_seen.algorithm, "ed25519");
    CU_ASSERT_EQUAL(MAKE(CKM_RSA_PKCS_KEY_PAIR_GEN, rsa, named), CKR_OK);
    CU_ASSERT_STRING_EQUAL(fake_seen.algorithm, "rsa-3072");
}

static void test_what_is_incomplete_makes_no_key(void)
{
    CK_ATTRIBUTE curve[] = { P256 }, named[] = { TOKEN, LABEL("new") }, unnamed[] = { TOKEN },
                 loose[] = { LABEL("new") };
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    int before = fake_seen.generates;
    CU_ASSERT_EQUAL(make(CKM_EC_KEY_PAIR_GEN, NULL, 0, NULL, 0), CKR_TEMPLATE_INCOMPLETE);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, unnamed), CKR_TEMPLATE_INCOMPLETE);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, loose), CKR_TEMPLATE_INCOMPLETE);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, named, named), CKR_TEMPLATE_INCOMPLETE);
    CU_ASSERT_EQUAL(MAKE(CKM_RSA_PKCS_KEY_PAIR_GEN, named, named), CKR_TEMPLATE_INCOMPLETE);
    CU_ASSERT_EQUAL(make(CKM_EC_KEY_PAIR_GEN, NULL, 1, named, 2), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(make(CKM_EC_KEY_PAIR_GEN, curve, ~0ul, named, 2), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(make(CKM_EC_KEY_PAIR_GEN, curve, 1, NULL, 2), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GenerateKeyPair(fake_session, NULL, curve, 1, named, 2, &public, &private),
                    CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GenerateKeyPair(fake_session, &mechanism, curve, 1, named, 2, NULL, &private),
                    CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(p11->C_GenerateKeyPair(fake_session, &mechanism, curve, 1, named, 2, &public, NULL),
                    CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(fake_seen.generates, before);
}

static void test_what_the_signer_does_not_do_makes_no_key(void)
{
    CK_ATTRIBUTE curve[] = { P256 }, other_name[] = { P256, LABEL("other") }, named[] = { TOKEN, LABEL("new") };
    CK_ATTRIBUTE wrong[][3] = { { TOKEN, LABEL("new"), { CKA_ID, "x", 1 } },
                                { TOKEN, LABEL("new"), { CKA_EXTRACTABLE, &yes, 1 } },
                                { TOKEN, LABEL("new"), { CKA_SENSITIVE, &no, 1 } },
                                { { CKA_TOKEN, &no, 1 }, LABEL("new"), LABEL("new") },
                                { TOKEN, LABEL("new\0x"), TOKEN },
                                { TOKEN, { CKA_LABEL, NULL, 0 }, TOKEN } };
    CK_ATTRIBUTE odd_rsa[] = { { CKA_MODULUS_BITS, &odd_bits, 8 } };
    CK_ATTRIBUTE odd_exponent[] = { { CKA_MODULUS_BITS, &bits, 8 }, { CKA_PUBLIC_EXPONENT, three, 1 } };
    int before = fake_seen.generates;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, wrong[i]), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, other_name, named), CKR_TEMPLATE_INCONSISTENT);
    CU_ASSERT_EQUAL(MAKE(CKM_RSA_PKCS_KEY_PAIR_GEN, odd_rsa, named), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(MAKE(CKM_RSA_PKCS_KEY_PAIR_GEN, odd_exponent, named), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_EDWARDS_KEY_PAIR_GEN, curve, named), CKR_CURVE_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(MAKE(CKM_ECDSA, curve, named), CKR_MECHANISM_INVALID);
    CK_ATTRIBUTE invisible[] = { TOKEN, LABEL("web") };
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, invisible), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(fake_seen.generates, before);
    fake_seen.existed = true;
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, named), CKR_ATTRIBUTE_VALUE_INVALID);
    fake_seen.existed = false;
}

/* libsigner sends the request again where the connection was lost before the answer: then there is a key already. */
static void test_a_key_that_was_made_by_a_request_that_was_repeated_is_the_callers(void)
{
    CK_ATTRIBUTE curve[] = { P256 }, named[] = { TOKEN, LABEL("new") };
    fake_keys[FAKE_KEYS - 1].there = false;
    fake_seen.existed = true;
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, named), CKR_OK);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, named), CKR_ATTRIBUTE_VALUE_INVALID);
    fake_seen.existed = false;
}

/* The caller would believe that it is kept. */
static void test_a_limit_that_nobody_keeps_makes_no_key(void)
{
    CK_ATTRIBUTE curve[] = { P256 };
    CK_ATTRIBUTE limited[][3] = { { TOKEN, LABEL("new"), { CKA_SIGN, &no, 1 } },
                                  { TOKEN, LABEL("new"), { CKA_ALWAYS_AUTHENTICATE, &yes, 1 } },
                                  { TOKEN, LABEL("new"), { CKA_ALLOWED_MECHANISMS, &ecdsa, sizeof ecdsa } } };
    int before = fake_seen.generates;
    for (size_t i = 0; i < UNIT_COUNT(limited); i++)
        CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, limited[i]), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(fake_seen.generates, before);
}

static void test_a_template_that_contradicts_itself_or_the_mechanism_makes_no_key(void)
{
    CK_ATTRIBUTE curve[] = { P256 }, named[] = { TOKEN, LABEL("new") };
    CK_ATTRIBUTE contrary[][3] = { { TOKEN, LABEL("new"), { CKA_TOKEN, &no, 1 } },
                                   { TOKEN, LABEL("new"), LABEL("old") },
                                   { TOKEN, LABEL("new"), { CKA_CLASS, &of_public, sizeof of_public } },
                                   { TOKEN, LABEL("new"), { CKA_KEY_TYPE, &of_rsa, sizeof of_rsa } } };
    CK_ATTRIBUTE of_private_class[] = { P256, { CKA_CLASS, &of_private, sizeof of_private } };
    int before = fake_seen.generates;
    for (size_t i = 0; i < UNIT_COUNT(contrary); i++)
        CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, contrary[i]), CKR_TEMPLATE_INCONSISTENT);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, of_private_class, named), CKR_TEMPLATE_INCONSISTENT);
    CU_ASSERT_EQUAL(fake_seen.generates, before);
}

static void test_values_of_another_form_make_no_key(void)
{
    CK_ATTRIBUTE curve[] = { P256 }, named[] = { TOKEN, LABEL("new") };
    CK_ATTRIBUTE wrong[][3] = { { { CKA_TOKEN, &bits, 8 }, LABEL("new"), LABEL("new") },
                                { TOKEN, LABEL("new"), { CKA_DECRYPT, &bits, 8 } },
                                { TOKEN, LABEL("new"), { CKA_PRIVATE, NULL, 0 } },
                                { TOKEN, LABEL("new"), { CKA_CLASS, &of_private, 4 } } };
    CK_ATTRIBUTE verify[] = { P256, { CKA_VERIFY, &bits, 8 } };
    CK_ATTRIBUTE cut[] = { { CKA_EC_PARAMS, p256, 9 } }, none[] = { { CKA_EC_PARAMS, NULL, 0 } };
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, &bits, 8 };
    int before = fake_seen.generates;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, wrong[i]), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, verify, named), CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, cut, named), CKR_DOMAIN_PARAMS_INVALID);
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, none, named), CKR_DOMAIN_PARAMS_INVALID);
    CU_ASSERT_EQUAL(p11->C_GenerateKeyPair(fake_session, &mechanism, curve, 1, named, 2, &public, &private),
                    CKR_MECHANISM_PARAM_INVALID);
    CU_ASSERT_EQUAL(fake_seen.generates, before);
}

/* Programs name uses that a key of another token would have. */
static void test_a_key_is_described_as_programs_do(void)
{
    CK_ATTRIBUTE curve[] = {
        P256, TOKEN, { CKA_CLASS, &of_public, sizeof of_public }, { CKA_VERIFY, &yes, 1 }, { CKA_PRIVATE, &no, 1 }
    };
    CK_ATTRIBUTE named[] = { TOKEN,
                             LABEL("new"),
                             { CKA_CLASS, &of_private, sizeof of_private },
                             { CKA_KEY_TYPE, &of_ec, sizeof of_ec },
                             { CKA_PRIVATE, &yes, 1 },
                             { CKA_SENSITIVE, &yes, 1 },
                             { CKA_SIGN, &yes, 1 },
                             { CKA_DERIVE, &yes, 1 },
                             { CKA_SUBJECT, NULL, 0 },
                             TOKEN };
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, named), CKR_OK);
}

static void test_a_session_for_reading_makes_no_key(void)
{
    CK_SESSION_HANDLE writing = fake_session;
    CU_ASSERT_EQUAL(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &fake_session), CKR_OK);
    CU_ASSERT_EQUAL(make(CKM_EC_KEY_PAIR_GEN, NULL, 0, NULL, 0), CKR_SESSION_READ_ONLY);
    fake_session = writing;
}

static void test_nothing_is_made_unless_the_settings_allow_it(void)
{
    CK_ATTRIBUTE curve[] = { P256 }, named[] = { TOKEN, LABEL("new") };
    fake_token_close();
    fake_token_open("");
    CU_ASSERT_EQUAL(MAKE(CKM_EC_KEY_PAIR_GEN, curve, named), CKR_TOKEN_WRITE_PROTECTED);
    CU_ASSERT_EQUAL(fake_seen.generates, 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_with_a_label_that_stays_is_made),
        UNIT_TEST(test_what_is_incomplete_makes_no_key),
        UNIT_TEST(test_what_the_signer_does_not_do_makes_no_key),
        UNIT_TEST(test_a_key_that_was_made_by_a_request_that_was_repeated_is_the_callers),
        UNIT_TEST(test_a_limit_that_nobody_keeps_makes_no_key),
        UNIT_TEST(test_a_template_that_contradicts_itself_or_the_mechanism_makes_no_key),
        UNIT_TEST(test_values_of_another_form_make_no_key),
        UNIT_TEST(test_a_key_is_described_as_programs_do),
        UNIT_TEST(test_a_session_for_reading_makes_no_key),
        UNIT_TEST(test_nothing_is_made_unless_the_settings_allow_it),
    };
    fake_token_open("generate = yes\nkeys = new\n");
    int code = UNIT_RUN("generate", tests);
    fake_token_close();
    return code;
}
