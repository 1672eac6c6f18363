/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/checksum.h"

#include "tests/unit/unit.h"

/* BLAKE2b-256, personalised "signer file sum", of nothing and of "abc": made with another library.
 */
static const char of_nothing[] = "3ebb8b2a913b82d8118cff6b2ed6cf8699f5016308645866a486f500b8b3db7f";
static const char of_abc[] = "c7e6090671317f3470dc4a36af6b50d6eafd3632f4adffe4d0f64b938c7cd1d1";

static void check(const char *message, const char *hex)
{
    uint8_t sum[CHECKSUM_SIZE], wanted[CHECKSUM_SIZE];
    CU_ASSERT(unit_hex(hex, wanted, sizeof wanted) == sizeof wanted);
    checksum((const uint8_t *)message, strlen(message), sum);
    CU_ASSERT(memcmp(sum, wanted, sizeof sum) == 0);
}

static void test_known_checksums_are_computed(void)
{
    check("", of_nothing);
    check("abc", of_abc);
}

static void test_bytes_without_a_right_checksum_are_refused(void)
{
    uint8_t file[CHECKSUM_SIZE] = { 0 };
    checksum(file, 0, file);
    CU_ASSERT(checksum_holds(file, sizeof file));
    for (size_t length = 0; length < sizeof file; length++)
        CU_ASSERT(!checksum_holds(file, length));
}

static void test_a_flipped_bit_or_another_length_is_found(void)
{
    uint8_t file[40 + CHECKSUM_SIZE + 1] = "forty bytes, of which not one may change";
    size_t length = 40 + CHECKSUM_SIZE;
    checksum(file, 40, file + 40);
    CU_ASSERT(checksum_holds(file, length));
    for (size_t bit = 0; bit < 8 * length; bit++) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT(!checksum_holds(file, length));
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t other = 0; other <= sizeof file; other++)
        CU_ASSERT(checksum_holds(file, other) == (other == length));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_known_checksums_are_computed),
        UNIT_TEST(test_bytes_without_a_right_checksum_are_refused),
        UNIT_TEST(test_a_flipped_bit_or_another_length_is_found),
    };
    return UNIT_RUN("checksum", tests);
}
