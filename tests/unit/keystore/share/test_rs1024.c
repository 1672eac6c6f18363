/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/rs1024.h"

#include "keystore/share/slip39_words.h"
#include "tests/unit/unit.h"

enum { WORDS = 33, CHANGES = 3, LINE = 512 };

/* The first share of 33 words in slip39_256.txt, which another program made. */
static uint16_t share[WORDS];

/* What locate() of tests/system/lib/slip39.py says, by the syndromes at the code's three roots, of that share with one,
 * two or three words changed by these differences. Three wrong words may look like a single other one. */
static const struct {
    struct {
        unsigned at, difference;
    } changes[CHANGES];
    size_t place;
} known[] = {
    { { { 0, 215 } }, 1 },
    { { { 1, 266 } }, 2 },
    { { { 2, 395 } }, 3 },
    { { { 3, 27 } }, 4 },
    { { { 4, 200 } }, 5 },
    { { { 5, 226 } }, 6 },
    { { { 6, 406 } }, 7 },
    { { { 7, 747 } }, 8 },
    { { { 8, 577 } }, 9 },
    { { { 9, 6 } }, 10 },
    { { { 10, 662 } }, 11 },
    { { { 11, 819 } }, 12 },
    { { { 12, 261 } }, 13 },
    { { { 13, 693 } }, 14 },
    { { { 14, 365 } }, 15 },
    { { { 15, 728 } }, 16 },
    { { { 16, 183 } }, 17 },
    { { { 17, 982 } }, 18 },
    { { { 18, 835 } }, 19 },
    { { { 19, 28 } }, 20 },
    { { { 20, 302 } }, 21 },
    { { { 21, 691 } }, 22 },
    { { { 22, 904 } }, 23 },
    { { { 23, 868 } }, 24 },
    { { { 24, 76 } }, 25 },
    { { { 25, 376 } }, 26 },
    { { { 26, 9 } }, 27 },
    { { { 27, 111 } }, 28 },
    { { { 28, 435 } }, 29 },
    { { { 29, 357 } }, 30 },
    { { { 30, 433 } }, 31 },
    { { { 31, 810 } }, 32 },
    { { { 32, 771 } }, 33 },
    { { { 1, 16 } }, 2 },
    { { { 1, 31 } }, 2 },
    { { { 1, 15 } }, 2 },
    { { { 1, 1023 } }, 2 },
    { { { 0, 1 } }, 1 },
    { { { 32, 512 } }, 33 },
    { { { 6, 526 }, { 25, 595 } }, 0 },
    { { { 19, 734 }, { 17, 69 } }, 0 },
    { { { 29, 264 }, { 27, 592 } }, 0 },
    { { { 20, 742 }, { 0, 726 } }, 0 },
    { { { 2, 940 }, { 12, 635 } }, 0 },
    { { { 30, 821 }, { 24, 321 } }, 0 },
    { { { 18, 669 }, { 24, 360 } }, 0 },
    { { { 30, 544 }, { 8, 443 } }, 0 },
    { { { 4, 305 }, { 11, 957 } }, 0 },
    { { { 18, 812 }, { 15, 709 } }, 0 },
    { { { 6, 829 }, { 25, 967 } }, 0 },
    { { { 30, 91 }, { 32, 428 } }, 0 },
    { { { 1, 304 }, { 2, 304 } }, 0 },
    { { { 7, 435 }, { 8, 435 } }, 0 },
    { { { 20, 928 }, { 21, 928 } }, 0 },
    { { { 31, 95 }, { 32, 95 } }, 0 },
    { { { 3, 231 }, { 9, 473 }, { 30, 514 } }, 16 },
    { { { 0, 19 }, { 13, 9 }, { 21, 238 } }, 9 },
    { { { 5, 160 }, { 6, 78 }, { 7, 461 } }, 32 },
    { { { 2, 5 }, { 1, 909 }, { 26, 621 } }, 0 },
    { { { 24, 121 }, { 8, 555 }, { 14, 452 } }, 0 },
    { { { 12, 135 }, { 14, 556 }, { 15, 92 } }, 0 },
    { { { 31, 288 }, { 21, 885 }, { 32, 758 } }, 0 },
};

static bool read_share(void)
{
    char line[LINE];
    size_t count = 0;
    FILE *file = fopen(VECTORS_DIR "/slip39_256.txt", "r");
    while (file && count != WORDS && fgets(line, sizeof line, file)) {
        count = 0;
        if (line[0] == '#')
            continue;
        for (char *word = strtok(line, " \n"); word && count < WORDS; word = strtok(NULL, " \n"))
            share[count++] = (uint16_t)slip39_words_number(word, strlen(word));
    }
    if (file)
        fclose(file);
    return count == WORDS && rs1024_is_right(true, share, WORDS);
}

static void test_the_place_of_an_error_is_the_one_that_another_program_finds(void)
{
    for (size_t i = 0; i < UNIT_COUNT(known); i++) {
        uint16_t words[WORDS];
        memcpy(words, share, sizeof words);
        for (size_t j = 0; j < CHANGES; j++)
            words[known[i].changes[j].at] ^= (uint16_t)known[i].changes[j].difference;
        CU_ASSERT(!rs1024_is_right(words[1] >> 4 & 1, words, WORDS));
        CU_ASSERT_EQUAL(rs1024_locate(words, WORDS), known[i].place);
    }
}

static void test_every_single_wrong_word_is_located_and_left_as_it_is(void)
{
    for (size_t at = 0; at < WORDS; at++)
        for (unsigned difference = 1; difference < 1024; difference = 3 * difference + 1) {
            uint16_t words[WORDS], again[WORDS];
            memcpy(words, share, sizeof words);
            words[at] ^= (uint16_t)difference;
            memcpy(again, words, sizeof words);
            CU_ASSERT_EQUAL(rs1024_locate(words, WORDS), at + 1);
            CU_ASSERT(memcmp(words, again, sizeof words) == 0);
        }
}

static void test_a_checksum_is_put_behind_the_words(void)
{
    uint16_t words[WORDS];
    memcpy(words, share, sizeof words);
    memset(words + WORDS - RS1024_CHECKSUM_WORDS, 0xff, RS1024_CHECKSUM_WORDS * sizeof *words);
    rs1024_put(true, words, WORDS - RS1024_CHECKSUM_WORDS);
    CU_ASSERT(memcmp(words, share, sizeof words) == 0);
    CU_ASSERT(!rs1024_is_right(false, words, WORDS));
    CU_ASSERT_EQUAL(rs1024_locate(share, WORDS), 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_place_of_an_error_is_the_one_that_another_program_finds),
        UNIT_TEST(test_every_single_wrong_word_is_located_and_left_as_it_is),
        UNIT_TEST(test_a_checksum_is_put_behind_the_words),
    };
    return read_share() ? UNIT_RUN("rs1024", tests) : 1;
}
