/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/drill_certificate.h"

#include "tests/unit/ceremony/pki/fake_authority.h"

static bool is_hex(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789abcdefABCDEF") == length;
}

static void test_a_drill_signs_a_certificate_of_its_own_each_time(void)
{
    struct drill_certificate first = { "", "" }, second = { "", "" };
    const char *why = NULL;
    CU_ASSERT(drill_certificate_issue(&fake_ca_id, fake_ca_pem, &first, &why));
    CU_ASSERT(drill_certificate_issue(&fake_ca_id, fake_ca_pem, &second, &why) && why == NULL);
    CU_ASSERT(is_hex(first.serial, 32) && is_hex(first.sha256, 64));
    CU_ASSERT(strcmp(first.serial, second.serial) != 0 && strcmp(first.sha256, second.sha256) != 0);
}

/* What comes back must be the key that the certificate is of: that is what the drill is for. */
static void test_a_key_that_is_not_the_certificates_fails_the_drill_and_says_why(void)
{
    struct drill_certificate out;
    const char *why = NULL;
    EVP_PKEY *other = EVP_EC_gen("P-256");
    char *pem = fake_ca_certify(other, "CN=Fake CA");
    UNIT_NEED(pem != NULL);
    CU_ASSERT(!drill_certificate_issue(&fake_ca_id, pem, &out, &why));
    CU_ASSERT(why && strncmp(why, "the drill's certificate", 23) == 0);
    free(pem);
    EVP_PKEY_free(other);
}

static void test_a_key_that_is_not_there_fails_the_drill_and_says_why(void)
{
    static const struct key_id other = { "other" };
    struct drill_certificate out;
    const char *why = NULL;
    CU_ASSERT(!drill_certificate_issue(&other, fake_ca_pem, &out, &why) && why != NULL);
    why = NULL;
    CU_ASSERT(!drill_certificate_issue(&fake_ca_id, "garbage", &out, &why) && why != NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_drill_signs_a_certificate_of_its_own_each_time),
        UNIT_TEST(test_a_key_that_is_not_the_certificates_fails_the_drill_and_says_why),
        UNIT_TEST(test_a_key_that_is_not_there_fails_the_drill_and_says_why),
    };
    int code = fake_ca_open() ? UNIT_RUN("drill_certificate", tests) : 1;
    fake_ca_close();
    return code;
}
