/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/pgp_words.h"

#include <sodium.h>

#include "keystore/format/bytes.h"
#include "tests/unit/unit.h"

enum { PAIRS = 256 };

static char text[2 * PAIRS * PGP_WORD_ROOM];

static void test_known_bytes_have_their_known_words(void)
{
    uint8_t hash[20];
    UNIT_NEED(unit_hex("E58294F2E9A227486E8B061B31CC528FD7FA3F19", hash, sizeof hash) == sizeof hash);
    pgp_words(hash, sizeof hash, text, sizeof hash * PGP_WORD_ROOM);
    CU_ASSERT_STRING_EQUAL(text,
                           "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator "
                           "goldfish Medusa afflict bravado chatter revolver Dupont midsummer "
                           "stopwatch whimsical cowbell bottomless");
}

/* The SHA-256 is of the 512 words of the published list, "aardvark adroitness absurd … Zulu Yucatan". */
static void test_every_byte_has_its_two_words(void)
{
    uint8_t bytes[2 * PAIRS], digest[crypto_hash_sha256_BYTES];
    char hex[2 * crypto_hash_sha256_BYTES + 1];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i / 2);
    pgp_words(bytes, sizeof bytes, text, sizeof text);
    crypto_hash_sha256(digest, (const uint8_t *)text, strlen(text));
    bytes_to_hex(digest, sizeof digest, hex);
    CU_ASSERT_STRING_EQUAL(hex, "e2c00da33e504434c2ee6bd169207c7508b9f672c0cdd50d78cc6af3d37f99a6");
}

static void test_the_longest_words_fit(void)
{
    static const uint8_t longest[] = { 0x15, 0x1f, 0x15, 0x1f };
    char out[sizeof longest * PGP_WORD_ROOM];
    pgp_words(longest, sizeof longest, out, sizeof out);
    CU_ASSERT_STRING_EQUAL(out, "backfield businessman backfield businessman");
}

static void test_too_little_room_cuts_between_words(void)
{
    static const uint8_t bytes[] = { 0, 0, 1 };
    static const char all[] = "aardvark adroitness absurd";
    for (size_t capacity = 1; capacity <= sizeof all; capacity++) {
        char *out = malloc(capacity);
        UNIT_NEED(out != NULL);
        pgp_words(bytes, sizeof bytes, out, capacity);
        CU_ASSERT(strncmp(out, all, strlen(out)) == 0 && (out[0] == '\0' || strchr(" ", all[strlen(out)])));
        CU_ASSERT((strcmp(out, all) == 0) == (capacity == sizeof all));
        free(out);
    }
}

static void test_no_bytes_have_no_words(void)
{
    char out[1] = { 'x' };
    pgp_words(NULL, 0, out, sizeof out);
    CU_ASSERT(out[0] == '\0');
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_known_bytes_have_their_known_words),
        UNIT_TEST(test_every_byte_has_its_two_words),
        UNIT_TEST(test_the_longest_words_fit),
        UNIT_TEST(test_too_little_room_cuts_between_words),
        UNIT_TEST(test_no_bytes_have_no_words),
    };
    return UNIT_RUN("pgp_words", tests);
}
