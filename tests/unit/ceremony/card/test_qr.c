/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/qr.h"

#include <dirent.h>
#include <errno.h>
#include <qrencode.h>

#include "keystore/memory/arena.h"
#include "keystore/share/slip39.h"
#include "keystore/share/slip39_words.h"
#include "tests/unit/unit.h"

/* The arena is one per process and not inherited, so each test has a process of its own. */
#define IN_A_CHILD(name)                                                                                               \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        unit_child(name##_body);                                                                                       \
    }

enum { FINDER = 7, TEXT = SLIP39_WORDS_MAX * (SLIP39_WORD_MAX + 1) };

static uint16_t *words;
static struct qr *qr;

/* Words from `first` on, in the arena, and a code to fill that is not empty. */
static bool prepare(unsigned first, unsigned step)
{
    if (!arena_open(ARENA_USEFUL))
        return false;
    words = arena_alloc(SLIP39_WORDS_MAX * sizeof *words);
    qr = arena_alloc(sizeof *qr);
    for (unsigned i = 0; words && i < SLIP39_WORDS_MAX; i++)
        words[i] = (uint16_t)((first + i * step) % SLIP39_WORD_COUNT);
    if (qr)
        memset(qr, 0xa7, sizeof *qr);
    return words && qr;
}

static bool is_finder(size_t left, size_t top)
{
    for (size_t y = 0; y < FINDER; y++)
        for (size_t x = 0; x < FINDER; x++) {
            bool edge = x == 0 || y == 0 || x == FINDER - 1 || y == FINDER - 1;
            bool core = x > 1 && x < FINDER - 2 && y > 1 && y < FINDER - 2;
            if (qr->modules[(top + y) * qr->width + left + x] != (edge || core))
                return false;
        }
    return true;
}

/* Whether the code is the one of the words in capitals, in the alphanumeric mode and level M. */
static bool is_of_words(size_t count)
{
    char text[TEXT] = "";
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
                 slip39_words_text(words[i]));
    QRcode *expected = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 0);
    bool same = expected && (unsigned)expected->width == qr->width;
    for (size_t i = 0; same && i < (size_t)qr->width * qr->width; i++)
        same = (expected->data[i] & 1) == qr->modules[i];
    QRcode_free(expected);
    return same;
}

static void check_code(size_t count)
{
    UNIT_NEED(qr_make(words, count, qr));
    CU_ASSERT(qr->width >= 21 && qr->width <= 57 && qr->width % 4 == 1);
    CU_ASSERT(is_finder(0, 0) && is_finder(qr->width - FINDER, 0) && is_finder(0, qr->width - FINDER));
    CU_ASSERT(is_of_words(count));
    size_t used = (size_t)qr->width * qr->width;
    CU_ASSERT(unit_all(qr->modules + used, sizeof qr->modules - used, 0));
}

static void test_a_code_of_words_is_read_again_body(void)
{
    UNIT_NEED(prepare(17, 31));
    check_code(SLIP39_WORDS_MIN);
    check_code(SLIP39_WORDS_MAX);
    check_code(1);
}
IN_A_CHILD(test_a_code_of_words_is_read_again)

/* Eight letters each: no share has more to encode. */
static void test_a_code_of_the_longest_words_is_read_again_body(void)
{
    UNIT_NEED(prepare(0, 0));
    unsigned number = 0;
    for (size_t i = 0; i < SLIP39_WORDS_MAX; i++, number++) {
        while (strlen(slip39_words_text(number)) < SLIP39_WORD_MAX)
            number++;
        words[i] = (uint16_t)number;
    }
    check_code(SLIP39_WORDS_MAX);
    CU_ASSERT(qr->width == 57);
}
IN_A_CHILD(test_a_code_of_the_longest_words_is_read_again)

static void test_words_that_there_are_not_make_no_code_body(void)
{
    UNIT_NEED(prepare(1, 1));
    CU_ASSERT(!qr_make(words, 0, qr) && unit_all((const uint8_t *)qr, sizeof *qr, 0));
    memset(qr, 0xa7, sizeof *qr);
    CU_ASSERT(!qr_make(words, SLIP39_WORDS_MAX + 1, qr) && unit_all((const uint8_t *)qr, sizeof *qr, 0));
}
IN_A_CHILD(test_words_that_there_are_not_make_no_code)

static void test_a_process_without_a_descriptor_makes_no_code_body(void)
{
    struct rlimit limit = { 3, 3 };
    UNIT_NEED(prepare(1, 1) && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CU_ASSERT(!qr_make(words, SLIP39_WORDS_MAX, qr) && unit_all((const uint8_t *)qr, sizeof *qr, 0));
}
IN_A_CHILD(test_a_process_without_a_descriptor_makes_no_code)

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void test_a_code_that_was_made_leaves_no_descriptor_and_no_child_body(void)
{
    UNIT_NEED(prepare(5, 7));
    unsigned before = open_descriptors();
    for (int i = 0; i < 20; i++)
        CU_ASSERT(qr_make(words, SLIP39_WORDS_MAX, qr));
    CU_ASSERT(open_descriptors() == before);
    CU_ASSERT(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
}
IN_A_CHILD(test_a_code_that_was_made_leaves_no_descriptor_and_no_child)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_code_of_words_is_read_again),
        UNIT_TEST(test_a_code_of_the_longest_words_is_read_again),
        UNIT_TEST(test_words_that_there_are_not_make_no_code),
        UNIT_TEST(test_a_process_without_a_descriptor_makes_no_code),
        UNIT_TEST(test_a_code_that_was_made_leaves_no_descriptor_and_no_child),
    };
    return UNIT_RUN("qr", tests);
}
