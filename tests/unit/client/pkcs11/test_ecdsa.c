/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/ecdsa.h"

#include "tests/unit/unit.h"

enum { SIZE = 8 };
static uint8_t out[SIZE];

static bool raw(const char *hex)
{
    uint8_t der[64];
    size_t length = unit_hex(hex, der, sizeof der);
    memset(out, 0xee, sizeof out);
    return ecdsa_raw(der, length, out, sizeof out);
}

static bool is(const char *hex)
{
    uint8_t expected[SIZE];
    return unit_hex(hex, expected, sizeof expected) == SIZE && memcmp(out, expected, SIZE) == 0;
}

static void test_short_numbers_are_filled_with_zeros(void)
{
    CU_ASSERT(raw("3006 020101 020102") && is("00000001 00000002"));
}

static void test_a_zero_in_front_of_a_high_bit_is_dropped(void)
{
    CU_ASSERT(raw("300d 02050080000001 020412345678") && is("80000001 12345678"));
}

static void test_what_is_no_signature_in_der_is_refused(void)
{
    static const char *const wrong[] = {
        "",                           /* nothing */
        "3003 020101",                /* one number */
        "3009 020101 020102 020103",  /* three */
        "3006 020101 020102 00",      /* something behind it */
        "3007 02020001 020102",       /* a zero in front of a low bit */
        "3006 020181 020102",         /* negative */
        "3005 0200 020102",           /* an empty number */
        "300a 02050123456789 020102", /* too long for the field */
        "3006 040101 020102",         /* no number */
        "308106 020101 020102",       /* an overlong length */
        "3006 020101 0201",           /* cut */
    };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT_FALSE(raw(wrong[i]));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_short_numbers_are_filled_with_zeros),
        UNIT_TEST(test_a_zero_in_front_of_a_high_bit_is_dropped),
        UNIT_TEST(test_what_is_no_signature_in_der_is_refused),
    };
    return UNIT_RUN("ecdsa", tests);
}
