/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/tar.h"

#include "tests/unit/unit.h"

enum { AT_MODE = 100, AT_SIZE = 124, AT_TIME = 136, AT_SUM = 148, AT_TYPE = 156 };

static const uint64_t most = ((uint64_t)1 << 33) - 1;
static uint8_t block[TAR_BLOCK];
static char name[TAR_NAME_MAX];
static uint64_t size, when;

static bool parses(void)
{
    return tar_parse(block, name, &size, &when);
}

/* The sum of the bytes with spaces in its own field, as POSIX has it. */
static unsigned sum(void)
{
    unsigned all = 8 * ' ';
    for (size_t i = 0; i < TAR_BLOCK; i++)
        all += i < AT_SUM || i >= AT_SUM + 8 ? block[i] : 0;
    return all;
}

static void mend(void)
{
    snprintf((char *)block + AT_SUM, 7, "%06o", sum());
}

/* Made with Python's tarfile, USTAR_FORMAT. */
static void test_a_known_header_is_written_byte_for_byte(void)
{
    static const char wanted[] = "0000600\0"
                                 "0000000\0"
                                 "0000000\0"
                                 "00000000660\0"
                                 "15125334400\0"
                                 "011522\0 0";
    tar_header("keys/issuing-ca.key", 432, 1767225600, block);
    CU_ASSERT(memcmp(block, "keys/issuing-ca.key", 20) == 0 && unit_all(block + 20, 80, 0));
    CU_ASSERT(memcmp(block + AT_MODE, wanted, sizeof wanted - 1) == 0 && unit_all(block + 157, 100, 0));
    CU_ASSERT(memcmp(block + 257,
                     "ustar\0"
                     "00",
                     8)
                  == 0
              && unit_all(block + 265, 247, 0));
}

static void test_a_header_has_the_right_sum(void)
{
    for (uint64_t i = 0; i < 2000; i++) {
        tar_header("records/x", i * 4294967, most - i * 4294967, block);
        CU_ASSERT(strtoul((char *)block + AT_SUM, NULL, 8) == sum());
    }
}

static void test_numbers_are_read_as_they_were_written(void)
{
    const uint64_t numbers[] = { 0, 1, 7, 8, 511, 512, 1767225600, most - 1, most };
    for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
        for (size_t j = 0; j < UNIT_COUNT(numbers); j++) {
            tar_header("keystore", numbers[i], numbers[j], block);
            CU_ASSERT(parses() && strcmp(name, "keystore") == 0 && size == numbers[i] && when == numbers[j]);
        }
}

static void test_names_are_read_as_they_were_written(void)
{
    char text[TAR_NAME_MAX];
    for (size_t length = 0; length < TAR_NAME_MAX; length++) {
        memset(text, 'n', length);
        text[length] = '\0';
        tar_header(text, 1, 2, block);
        CU_ASSERT(parses() && strcmp(name, text) == 0);
    }
    memset(block, 'n', TAR_NAME_MAX); /* without its end */
    mend();
    CU_ASSERT(!parses());
}

static void test_a_header_with_a_flipped_bit_is_refused(void)
{
    for (size_t bit = 0; bit < 8 * TAR_BLOCK; bit++) {
        tar_header("keys/ca.key", 432, 1767225600, block);
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT(!parses());
    }
}

static bool is_of_a_value(size_t at)
{
    return at < AT_MODE || (at >= AT_SIZE && at < AT_SUM);
}

/* The sum made right: nothing but the name and the numbers may be other than it is. */
static void test_a_field_that_says_nothing_must_be_empty(void)
{
    for (size_t at = 0; at < TAR_BLOCK; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            tar_header("keys/ca.key", 432, 1767225600, block);
            if (is_of_a_value(at) || (at >= AT_SUM && at < AT_SUM + 8) || block[at] == byte)
                continue;
            block[at] = (uint8_t)byte;
            mend();
            CU_ASSERT(!parses());
        }
}

static void test_names_and_numbers_in_another_encoding_are_refused(void)
{
    for (size_t at = 0; at < AT_SUM; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t again[TAR_BLOCK];
            tar_header("keys/ca.key", 432, 1767225600, block);
            block[at] = (uint8_t)byte;
            mend();
            if (!is_of_a_value(at) || !parses())
                continue;
            tar_header(name, size, when, again);
            CU_ASSERT(memcmp(again, block, TAR_BLOCK) == 0);
        }
}

static void test_a_block_of_zeros_is_no_header(void)
{
    memset(block, 0, sizeof block);
    CU_ASSERT(!parses());
    memset(block, 0xff, sizeof block);
    CU_ASSERT(!parses());
}

static void test_a_padding_fills_the_block(void)
{
    for (uint64_t i = 0; i < 5000; i++) {
        CU_ASSERT(tar_padding(i) < TAR_BLOCK && (i + tar_padding(i)) % TAR_BLOCK == 0);
        CU_ASSERT(tar_member(i) == TAR_BLOCK + i + tar_padding(i));
    }
    CU_ASSERT(tar_member(0) == 512 && tar_member(1) == 1024 && tar_member(512) == 1024 && tar_member(513) == 1536);
    CU_ASSERT(tar_member(most) == most + 1 + TAR_BLOCK);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_header_is_written_byte_for_byte),
        UNIT_TEST(test_a_header_has_the_right_sum),
        UNIT_TEST(test_numbers_are_read_as_they_were_written),
        UNIT_TEST(test_names_are_read_as_they_were_written),
        UNIT_TEST(test_a_header_with_a_flipped_bit_is_refused),
        UNIT_TEST(test_a_field_that_says_nothing_must_be_empty),
        UNIT_TEST(test_names_and_numbers_in_another_encoding_are_refused),
        UNIT_TEST(test_a_block_of_zeros_is_no_header),
        UNIT_TEST(test_a_padding_fills_the_block),
    };
    return UNIT_RUN("tar", tests);
}
