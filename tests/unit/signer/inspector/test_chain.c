/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/inspector/chain.h"

#include "tests/unit/signer/inspector/fake_certificate.h"

static struct fake_certificate certificate;
static uint8_t out[CERTIFICATE_MAX];

static enum inspect_verdict inspect(const void *pem, size_t length, size_t *left)
{
    return chain_inspect(certificate.spki, certificate.spki_length, pem, length, out, left);
}

static void test_what_is_left_of_a_chain_is_all_left_of_it_the_next_time(void)
{
    static uint8_t file[8192];
    size_t length, again;
    int size = snprintf((char *)file, sizeof file, "text\n%.*stext\n%.*s", (int)certificate.length, certificate.pem,
                        (int)certificate.length, certificate.pem);
    CU_ASSERT(inspect(file, (size_t)size, &length) == INSPECT_GOOD && length == 2 * certificate.length);
    memcpy(file, out, length);
    CU_ASSERT(inspect(file, length, &again) == INSPECT_GOOD && again == length && memcmp(file, out, length) == 0);
}

static void test_what_is_refused_has_no_length(void)
{
    size_t length = 1;
    CU_ASSERT(inspect("", 0, &length) == INSPECT_INVALID && length == 0);
    length = 1;
    CU_ASSERT(chain_inspect((const uint8_t *)"junk", 4, certificate.pem, certificate.length, out, &length)
              == INSPECT_OTHER_KEY);
    CU_ASSERT(length == 0);
}

/* Within the bound of a request, with as many certificates as a chain may have, and too long for a chain. */
static void test_a_chain_beyond_its_bytes_is_invalid(void)
{
    static uint8_t file[REQUEST_MAX];
    size_t length, large = CERTIFICATE_MAX / 9;
    struct fake_certificate big;
    fake_make_large_certificate(&big, large);
    for (size_t at = 0; at + big.length <= sizeof file && at / big.length < 10; at += big.length)
        memcpy(file + at, big.pem, big.length);
    CU_ASSERT(chain_inspect(big.spki, big.spki_length, file, 8 * big.length, out, &length) == INSPECT_GOOD);
    CU_ASSERT(chain_inspect(big.spki, big.spki_length, file, 10 * big.length, out, &length) == INSPECT_INVALID);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_is_left_of_a_chain_is_all_left_of_it_the_next_time),
        UNIT_TEST(test_what_is_refused_has_no_length),
        UNIT_TEST(test_a_chain_beyond_its_bytes_is_invalid),
    };
    fake_make_certificate(&certificate, false);
    return UNIT_RUN("chain", tests);
}
