/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/der.h"

#include "tests/unit/unit.h"

#define DER(...) { (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) }

static void test_elements_are_read_one_after_the_other(void)
{
    struct der from = DER(0x30, 0x05, 0x02, 0x01, 0x07, 0x05, 0x00, 0x04, 0x00), inner, value;
    CU_ASSERT(der_expect(&from, DER_SEQUENCE, &inner) && inner.left == 5);
    CU_ASSERT(der_expect(&inner, DER_INTEGER, &value) && value.left == 1 && value.at[0] == 7);
    CU_ASSERT(der_expect(&inner, DER_NULL, NULL) && inner.left == 0);
    CU_ASSERT(der_expect(&from, DER_OCTET_STRING, &value) && value.left == 0 && from.left == 0);
    CU_ASSERT(!der_expect(&from, DER_OCTET_STRING, &value));
}

static void test_another_tag_leaves_the_cursor(void)
{
    struct der from = DER(0x02, 0x01, 0x07), value;
    CU_ASSERT(!der_expect(&from, DER_SEQUENCE, &value) && from.left == 3);
    CU_ASSERT(der_is_next(&from, DER_INTEGER) && !der_is_next(&from, DER_NULL));
}

static void test_long_lengths_have_their_fewest_bytes(void)
{
    static uint8_t bytes[4 + 300] = { 0x04, 0x82, 0x01, 0x2c };
    struct der from = { bytes, sizeof bytes }, value;
    CU_ASSERT(der_expect(&from, DER_OCTET_STRING, &value) && value.left == 300);
    static uint8_t short_one[3 + 128] = { 0x04, 0x81, 0x80 };
    from = (struct der){ short_one, sizeof short_one };
    CU_ASSERT(der_expect(&from, DER_OCTET_STRING, &value) && value.left == 128);
}

static void test_what_is_not_der_is_refused(void)
{
    const struct der wrong[] = {
        DER(0x04),                                     /* no length */
        DER(0x04, 0x80, 0x00, 0x00),                   /* indefinite */
        DER(0x04, 0x81, 0x01, 0x00),                   /* long form of a short length */
        DER(0x04, 0x82, 0x00, 0x80),                   /* a leading zero */
        DER(0x04, 0x02, 0x00),                         /* ends behind the input */
        DER(0x04, 0x84, 0xff, 0xff, 0xff, 0xff),       /* far behind it */
        DER(0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00), /* more length bytes than any of ours has */
        DER(0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
        DER(0x1f, 0x81, 0x01, 0x00), /* a tag number above 30 */
    };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        struct der from = wrong[i], value;
        uint8_t tag;
        CU_ASSERT(!der_read(&from, &tag, &value));
        CU_ASSERT(from.at == wrong[i].at && from.left == wrong[i].left);
    }
}

/* Whatever the bytes, an element lies within what it was read from. */
static void test_random_bytes_never_lead_outside(void)
{
    uint64_t state = 1;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[24], tag;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)unit_random(&state);
        struct der from = { bytes, unit_random(&state) % sizeof bytes }, value;
        const uint8_t *end = from.at + from.left;
        while (der_read(&from, &tag, &value)) {
            CU_ASSERT(value.at >= bytes && value.at + value.left == from.at && from.at + from.left == end);
        }
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_elements_are_read_one_after_the_other), UNIT_TEST(test_another_tag_leaves_the_cursor),
        UNIT_TEST(test_long_lengths_have_their_fewest_bytes),  UNIT_TEST(test_what_is_not_der_is_refused),
        UNIT_TEST(test_random_bytes_never_lead_outside),
    };
    return UNIT_RUN("der", tests);
}
