/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/certificate.h"

#include "tests/unit/client/pkcs11/samples.h"
#include "tests/unit/unit.h"

static struct certificate chain[CERTIFICATE_CHAIN_MAX];

static void clear(int count)
{
    while (count > 0)
        certificate_clear(&chain[--count]);
}

static char *join(const char *a, const char *b)
{
    static char joined[4096];
    snprintf(joined, sizeof joined, "%s%s", a, b);
    return joined;
}

static bool is_same(struct der a, struct der b)
{
    return a.left == b.left && memcmp(a.at, b.at, a.left) == 0;
}

static void test_a_chain_has_its_parts(void)
{
    static const uint8_t serial[] = { 0x02, 0x03, 0x00, 0x80, 0xff };
    int count = certificate_chain(join(sample_certificate, sample_root), chain);
    CU_ASSERT_EQUAL(count, 2);
    if (count != 2)
        return;
    CU_ASSERT(chain[0].serial.left == sizeof serial && memcmp(chain[0].serial.at, serial, sizeof serial) == 0);
    CU_ASSERT(is_same(chain[0].issuer, chain[1].subject));
    CU_ASSERT(is_same(chain[1].issuer, chain[1].subject));
    CU_ASSERT_FALSE(is_same(chain[0].subject, chain[1].subject));
    CU_ASSERT(is_same(chain[0].spki, (struct der){ sample_p256, sizeof sample_p256 }));
    CU_ASSERT_EQUAL(memcmp(chain[0].id, sample_p256_id, SHA1_SIZE), 0);
    CU_ASSERT(chain[0].whole.at == chain[0].bytes && chain[0].whole.at[0] == 0x30);
    clear(count);
}

static void test_text_without_a_certificate_is_an_empty_chain(void)
{
    CU_ASSERT_EQUAL(certificate_chain("", chain), 0);
    CU_ASSERT_EQUAL(certificate_chain("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", chain), 0);
}

static void test_what_is_no_certificate_makes_the_whole_chain_none(void)
{
    static const char *const wrong[] = {
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMA=A\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nM===\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA!\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----\n",
    };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT_EQUAL(certificate_chain(join(sample_certificate, wrong[i]), chain), -1);
}

static void test_more_certificates_than_a_chain_has_are_refused(void)
{
    static char many[(CERTIFICATE_CHAIN_MAX + 1) * sizeof sample_root];
    for (int i = 0; i < CERTIFICATE_CHAIN_MAX; i++)
        strcat(many, sample_root);
    int count = certificate_chain(many, chain);
    CU_ASSERT_EQUAL(count, CERTIFICATE_CHAIN_MAX);
    clear(count);
    strcat(many, sample_root);
    CU_ASSERT_EQUAL(certificate_chain(many, chain), -1);
}

/* Whatever a letter is changed to, parsing stays within the bytes: the sanitizers look. */
static void test_any_changed_letter_is_read_within_bounds(void)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n-";
    uint64_t state = 1;
    for (int round = 0; round < 5000; round++) {
        char *changed = strdup(sample_certificate);
        changed[28 + unit_random(&state) % 200] = letters[unit_random(&state) % (sizeof letters - 1)];
        int count = certificate_chain(changed, chain);
        CU_ASSERT(count >= -1 && count <= 1);
        clear(count);
        free(changed);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_chain_has_its_parts),
        UNIT_TEST(test_text_without_a_certificate_is_an_empty_chain),
        UNIT_TEST(test_what_is_no_certificate_makes_the_whole_chain_none),
        UNIT_TEST(test_more_certificates_than_a_chain_has_are_refused),
        UNIT_TEST(test_any_changed_letter_is_read_within_bounds),
    };
    return UNIT_RUN("certificate", tests);
}
