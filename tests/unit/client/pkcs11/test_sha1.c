/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/sha1.h"

#include "tests/unit/unit.h"

static bool has(const char *bytes, size_t length, const char *hex)
{
    uint8_t out[SHA1_SIZE], expected[SHA1_SIZE];
    sha1((const uint8_t *)bytes, length, out);
    return unit_hex(hex, expected, sizeof expected) == SHA1_SIZE && memcmp(out, expected, SHA1_SIZE) == 0;
}

/* FIPS 180-4's examples. */
static void test_the_examples_of_the_standard_have_their_hashes(void)
{
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    CU_ASSERT(has(NULL, 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"));
    CU_ASSERT(has("abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d"));
    CU_ASSERT(has(two, strlen(two), "84983e441c3bd26ebaae4aa1f95129e5e54670f1"));
}

/* The padding begins in the last block, or needs one of its own. */
static void test_every_length_around_a_block_has_its_hash(void)
{
    static const struct {
        size_t length;
        const char *hash;
    } rows[] = {
        { 54, "31045e7bb077ff8d188a776b196b980388735dbb" },  { 55, "cef734ba81a024479e09eb5a75b6ddae62e6abf1" },
        { 56, "901305367c259952f4e7af8323f480d59f81335b" },  { 57, "025ecbd5d70f8fb3c5457cd96bab13fda305dc59" },
        { 63, "0ddc4e0cccd9a12850deb5abb0853a4425559fec" },  { 64, "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163" },
        { 65, "78c741ddc482e4cdf8c474a0876347a0905b6233" },  { 119, "4300320394f7ee239bcdce7d3b8bcee173a0cd5c" },
        { 120, "ceb2821639c4b6dcb10bce0e522ca2e608ce056d" }, { 128, "150fa3fbdc899bd0b8f95a9fb6027f564d953762" },
        { 129, "2699b675922cc84a9b0dfd926eb7f8211c78693d" },
    };
    char bytes[129];
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        CU_ASSERT(has(bytes, rows[i].length, rows[i].hash));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_examples_of_the_standard_have_their_hashes),
        UNIT_TEST(test_every_length_around_a_block_has_its_hash),
    };
    return UNIT_RUN("sha1", tests);
}
