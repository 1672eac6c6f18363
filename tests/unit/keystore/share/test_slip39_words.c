/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/slip39_words.h"

#include <ctype.h>

#include "tests/unit/unit.h"

static void test_every_word_is_found(void)
{
    for (unsigned i = 0; i < SLIP39_WORD_COUNT; i++) {
        const char *word = slip39_words_text(i);
        char capitals[SLIP39_WORD_MAX + 1] = { 0 };
        size_t length = strlen(word);
        for (size_t c = 0; c < length; c++)
            capitals[c] = (char)toupper((unsigned char)word[c]);
        CU_ASSERT(length >= SLIP39_PREFIX && length <= SLIP39_WORD_MAX);
        CU_ASSERT(i == 0 || strcmp(slip39_words_text(i - 1), word) < 0);
        for (size_t part = SLIP39_PREFIX; part <= length; part++)
            CU_ASSERT(slip39_words_number(word, part) == (int)i && slip39_words_number(capitals, part) == (int)i);
    }
}

static void test_words_and_numbers_are_those_of_the_standard(void)
{
    char line[SLIP39_WORD_MAX + 2];
    unsigned count = 0;
    FILE *file = fopen(VECTORS_DIR "/slip39_words.txt", "re");
    UNIT_NEED(file != NULL);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        CU_ASSERT(count < SLIP39_WORD_COUNT && strcmp(slip39_words_text(count), line) == 0);
        count++;
    }
    fclose(file);
    CU_ASSERT(count == SLIP39_WORD_COUNT);
}

static void test_what_is_no_word_is_not_found(void)
{
    static const char *const none[] = { "",         "a",     "aca",  "acad ",     "academicx", "zzzz",
                                        "acid\xff", "ac\0d", "acıd", "academics", "[cid",      "acid1" };
    for (size_t i = 0; i < UNIT_COUNT(none); i++)
        CU_ASSERT(slip39_words_number(none[i], strlen(none[i])) == -1);
    CU_ASSERT(slip39_words_number("acid\0\0", 6) == -1 && slip39_words_number("{cid", 4) == -1);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_word_is_found),
        UNIT_TEST(test_words_and_numbers_are_those_of_the_standard),
        UNIT_TEST(test_what_is_no_word_is_not_found),
    };
    return UNIT_RUN("slip39_words", tests);
}
