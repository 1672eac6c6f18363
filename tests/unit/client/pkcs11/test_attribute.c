/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/attribute.h"

#include "tests/unit/client/pkcs11/samples.h"
#include "tests/unit/unit.h"

static struct key ec, rsa;
static struct object private, public, rsa_private, certificate;
static struct attribute_value value;

static bool has(const struct object *object, CK_ATTRIBUTE_TYPE type, const void *bytes, size_t length)
{
    return attribute_get(object, type, &value) == ATTRIBUTE_GIVEN && value.length == length
        && memcmp(value.bytes, bytes, length) == 0;
}

static bool has_flag(const struct object *object, CK_ATTRIBUTE_TYPE type, CK_BBOOL flag)
{
    return has(object, type, &flag, sizeof flag);
}

static bool has_number(const struct object *object, CK_ATTRIBUTE_TYPE type, CK_ULONG number)
{
    return has(object, type, &number, sizeof number);
}

static bool lacks(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
    return attribute_get(object, type, &value) == ATTRIBUTE_ABSENT;
}

static void test_both_halves_have_the_public_key(void)
{
    const struct object *const both[] = { &private, &public };
    for (size_t i = 0; i < UNIT_COUNT(both); i++) {
        CU_ASSERT(has(both[i], CKA_ID, sample_p256_id, sizeof sample_p256_id));
        CU_ASSERT(has(both[i], CKA_LABEL, "ca", 2));
        CU_ASSERT(has(both[i], CKA_PUBLIC_KEY_INFO, sample_p256, sizeof sample_p256));
        CU_ASSERT(has(both[i], CKA_EC_POINT, ec.public_key.point, 67));
        CU_ASSERT(has_number(both[i], CKA_KEY_TYPE, CKK_EC));
        CU_ASSERT(lacks(both[i], CKA_MODULUS));
    }
    CU_ASSERT(has(&rsa_private, CKA_MODULUS, rsa.public_key.modulus.at, 256));
    CU_ASSERT(lacks(&rsa_private, CKA_EC_POINT) && lacks(&rsa_private, CKA_EC_PARAMS));
}

static void test_a_private_key_signs_and_is_secret(void)
{
    static const CK_ATTRIBUTE_TYPE secrets[] = { CKA_VALUE, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_COEFFICIENT };
    CU_ASSERT(has_number(&private, CKA_CLASS, CKO_PRIVATE_KEY));
    CU_ASSERT(has_flag(&private, CKA_SIGN, 1) && has_flag(&private, CKA_SENSITIVE, 1));
    CU_ASSERT(has_flag(&private, CKA_EXTRACTABLE, 0) && has_flag(&private, CKA_DECRYPT, 0));
    CU_ASSERT(has_flag(&private, CKA_ALWAYS_AUTHENTICATE, 0) && has_flag(&private, CKA_PRIVATE, 0));
    CU_ASSERT(lacks(&private, CKA_VERIFY) && lacks(&private, CKA_MODULUS_BITS));
    for (size_t i = 0; i < UNIT_COUNT(secrets); i++) {
        CU_ASSERT_EQUAL(attribute_get(&private, secrets[i], &value), ATTRIBUTE_SECRET);
        CU_ASSERT_EQUAL(attribute_get(&public, secrets[i], &value), ATTRIBUTE_ABSENT);
    }
}

static void test_a_certificate_has_what_programs_find_it_by(void)
{
    const struct certificate *parts = &certificate.certificate;
    CU_ASSERT(has_number(&certificate, CKA_CLASS, CKO_CERTIFICATE));
    CU_ASSERT(has_number(&certificate, CKA_CERTIFICATE_TYPE, CKC_X_509));
    CU_ASSERT(has(&certificate, CKA_VALUE, parts->whole.at, parts->whole.left));
    CU_ASSERT(has(&certificate, CKA_ISSUER, parts->issuer.at, parts->issuer.left));
    CU_ASSERT(has(&certificate, CKA_SUBJECT, parts->subject.at, parts->subject.left));
    CU_ASSERT(has(&certificate, CKA_SERIAL_NUMBER, "\x02\x03\x00\x80\xff", 5));
    CU_ASSERT(has(&certificate, CKA_ID, sample_p256_id, sizeof sample_p256_id));
    CU_ASSERT(has_flag(&certificate, CKA_TRUSTED, 0) && lacks(&certificate, CKA_SIGN));
}

static void test_nothing_is_claimed_of_a_keys_past(void)
{
    CU_ASSERT(has_flag(&private, CKA_LOCAL, 0) && has_flag(&private, CKA_NEVER_EXTRACTABLE, 0));
    CU_ASSERT(has_number(&private, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION));
}

static void test_a_value_matches_with_its_length(void)
{
    CK_ULONG class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE right = { CKA_CLASS, &class, sizeof class }, shorter = { CKA_CLASS, &class, 4 };
    CK_ATTRIBUTE empty = { CKA_SUBJECT, NULL, 0 }, secret = { CKA_VALUE, NULL, 0 }, unknown = { 0x80001234, NULL, 0 };
    CU_ASSERT(attribute_matches(&private, &right) && attribute_matches(&private, &empty));
    CU_ASSERT_FALSE(attribute_matches(&public, &right));
    CU_ASSERT_FALSE(attribute_matches(&private, &shorter));
    CU_ASSERT_FALSE(attribute_matches(&private, &secret));
    CU_ASSERT_FALSE(attribute_matches(&private, &unknown));
}

static void test_what_shows_a_public_key_is_known(void)
{
    CU_ASSERT(attribute_is_public_key(CKA_EC_POINT) && attribute_is_public_key(CKA_MODULUS));
    CU_ASSERT(attribute_is_public_key(CKA_PUBLIC_KEY_INFO) && !attribute_is_public_key(CKA_LABEL));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_both_halves_have_the_public_key),
        UNIT_TEST(test_a_private_key_signs_and_is_secret),
        UNIT_TEST(test_a_certificate_has_what_programs_find_it_by),
        UNIT_TEST(test_nothing_is_claimed_of_a_keys_past),
        UNIT_TEST(test_a_value_matches_with_its_length),
        UNIT_TEST(test_what_shows_a_public_key_is_known),
    };
    struct certificate chain[CERTIFICATE_CHAIN_MAX];
    if (!public_key_parse(sample_p256, sizeof sample_p256, &ec.public_key)
        || !public_key_parse(sample_rsa, sizeof sample_rsa, &rsa.public_key)
        || certificate_chain(sample_certificate, chain) != 1)
        return 1;
    strcpy(ec.id, "ca");
    private = (struct object){ .class = CKO_PRIVATE_KEY, .key = &ec };
    public = (struct object){ .class = CKO_PUBLIC_KEY, .key = &ec };
    rsa_private = (struct object){ .class = CKO_PRIVATE_KEY, .key = &rsa };
    certificate = (struct object){ .class = CKO_CERTIFICATE, .key = &ec, .certificate = chain[0] };
    int code = UNIT_RUN("attribute", tests);
    certificate_clear(&chain[0]);
    return code;
}
