/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/bytes.h"

#include "tests/unit/unit.h"

static const uint8_t digits[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };

static struct reader over(size_t length)
{
    return (struct reader){ digits, length, false };
}

static void test_numbers_are_read_as_big_endian(void)
{
    struct reader from = over(8);
    CU_ASSERT(bytes_read_u8(&from) == 0x01 && bytes_read_u16(&from) == 0x2345);
    CU_ASSERT(bytes_read_u32(&from) == 0x6789abcd && bytes_read_u8(&from) == 0xef);
    CU_ASSERT(!from.failed && from.left == 0);
    from = over(8);
    CU_ASSERT(bytes_read_u64(&from) == 0x0123456789abcdef);
}

static void test_bytes_that_are_read_are_pointed_to_in_place(void)
{
    struct reader from = over(8);
    CU_ASSERT(bytes_read(&from, 3) == digits && bytes_read(&from, 5) == digits + 3);
    CU_ASSERT(bytes_read(&from, 0) != NULL && !from.failed);
}

static void test_reading_past_the_end_fails_for_good(void)
{
    struct reader from = over(3);
    CU_ASSERT(bytes_read_u32(&from) == 0 && from.failed);
    CU_ASSERT(bytes_read_u8(&from) == 0 && from.failed);
    CU_ASSERT(bytes_read(&from, 0) == NULL);
    CU_ASSERT(from.at == digits && from.left == 3);
    from = over(7);
    CU_ASSERT(bytes_read_u64(&from) == 0 && from.failed);
    from = over(1);
    CU_ASSERT(bytes_read_u16(&from) == 0 && from.failed);
    from = over(8);
    CU_ASSERT(bytes_read(&from, SIZE_MAX) == NULL && from.failed);
}

static void test_reading_into_a_buffer_past_the_end_leaves_zeros(void)
{
    uint8_t out[8];
    struct reader from = over(8);
    bytes_read_into(&from, out, 8);
    CU_ASSERT(memcmp(out, digits, 8) == 0);
    from = over(7);
    bytes_read_into(&from, out, 8);
    CU_ASSERT(from.failed && unit_all(out, sizeof out, 0));
}

static void test_what_was_written_is_read_again(void)
{
    uint8_t out[8];
    struct writer to = { out, sizeof out, false };
    bytes_put_u8(&to, 0x01);
    bytes_put_u16(&to, 0x2345);
    bytes_put_u32(&to, 0x6789abcd);
    bytes_put(&to, "\xef", 1);
    CU_ASSERT(!to.failed && to.left == 0 && memcmp(out, digits, 8) == 0);
    to = (struct writer){ out, sizeof out, false };
    bytes_put_u64(&to, 0x0123456789abcdef);
    CU_ASSERT(!to.failed && memcmp(out, digits, 8) == 0);
}

static void test_writing_past_the_end_writes_nothing(void)
{
    uint8_t out[4] = { 9, 9, 9, 9 };
    struct writer to = { out, 3, false };
    bytes_put_u32(&to, 0);
    CU_ASSERT(to.failed && unit_all(out, 4, 9));
    bytes_put_u8(&to, 1);
    CU_ASSERT(to.failed && unit_all(out, 4, 9));
    to = (struct writer){ out, 3, false };
    bytes_put(&to, NULL, 0);
    CU_ASSERT(!to.failed && to.left == 3);
}

static void test_bytes_become_lower_case_hex(void)
{
    char text[2 * sizeof digits + 1];
    bytes_to_hex(digits, sizeof digits, text);
    CU_ASSERT_STRING_EQUAL(text, "0123456789abcdef");
    bytes_to_hex(digits, 0, text);
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void test_bytes_are_zero_when_every_one_is(void)
{
    uint8_t bytes[4] = { 0 };
    CU_ASSERT(bytes_are_zero(bytes, 4) && bytes_are_zero(bytes, 0));
    bytes[3] = 0x80;
    CU_ASSERT(!bytes_are_zero(bytes, 4) && bytes_are_zero(bytes, 3));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_numbers_are_read_as_big_endian),
        UNIT_TEST(test_bytes_that_are_read_are_pointed_to_in_place),
        UNIT_TEST(test_reading_past_the_end_fails_for_good),
        UNIT_TEST(test_reading_into_a_buffer_past_the_end_leaves_zeros),
        UNIT_TEST(test_what_was_written_is_read_again),
        UNIT_TEST(test_writing_past_the_end_writes_nothing),
        UNIT_TEST(test_bytes_become_lower_case_hex),
        UNIT_TEST(test_bytes_are_zero_when_every_one_is),
    };
    return UNIT_RUN("bytes", tests);
}
