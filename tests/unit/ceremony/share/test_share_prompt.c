/* SPDX-License-Identifier: Apache-2.0 */
/* Shares are typed at a pseudo-terminal, as a custodian types them; tests/system has the verbs at one. */
#include "ceremony/share/share_prompt.h"

#include <poll.h>
#include <pty.h>
#include <sys/mman.h>

#include "keystore/share/slip39_words.h"
#include "tests/unit/ceremony_shares.h"

enum { SHARES = 3, TYPED_MAX = 4096, SHOWN_MAX = 64 * 1024, WAIT_MS = 20 * 1000 };

static struct {
    struct share_set set;
    uint16_t words[SHARES][SLIP39_WORDS_MAX];
    size_t word_count;
} *split;
static struct act {
    const char *await, *type; /* what is typed once this was shown, behind what the act before it waited for */
} acts[4];
static char shown[SHOWN_MAX + 1]; /* all that was */

static bool make_split(void)
{
    struct split made;
    if (!shares_start() || !shares_split(2, 3, &shares_unknown, &made))
        return false;
    split->set = made.set;
    split->word_count = made.word_count;
    memcpy(split->words, made.words, SHARES * sizeof *made.words);
    return true;
}

/* In a child: there is one arena for a process, and those who type have theirs. */
static bool prepare(void)
{
    split = mmap(NULL, sizeof *split, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (split == MAP_FAILED)
        return false;
    pid_t child = fork();
    if (child == 0)
        _exit(make_split() ? 0 : 1);
    return child > 0 && unit_wait(child) == 0;
}

/* -- the two sides -- */

/* Does what there is to do by now; how much of `shown` has been attended to. */
static size_t act_on(int terminal, const struct act **next, size_t seen)
{
    const char *found;
    while (*next < acts + UNIT_COUNT(acts) && (*next)->await && (found = strstr(shown + seen, (*next)->await))) {
        seen = (size_t)(found - shown) + strlen((*next)->await);
        CU_ASSERT(write(terminal, (*next)->type, strlen((*next)->type)) == (ssize_t)strlen((*next)->type));
        ++*next;
    }
    return seen;
}

/* The custodian: types as they are asked, and looks on to the end. */
static void attend(int terminal)
{
    size_t length = 0, seen = 0;
    const struct act *next = acts;
    memset(shown, 0, sizeof shown);
    while (length < SHOWN_MAX) {
        struct pollfd readable = { .fd = terminal, .events = POLLIN };
        ssize_t n = poll(&readable, 1, WAIT_MS) == 1 ? read(terminal, shown + length, SHOWN_MAX - length) : -1;
        if (n <= 0)
            break;
        length += (size_t)n;
        seen = act_on(terminal, &next, seen);
    }
    CU_ASSERT(next == acts + UNIT_COUNT(acts) || !next->await);
    memset(acts, 0, sizeof acts);
}

/* Runs the body with a terminal of its own; its code. */
static int at_terminal(int (*body)(void))
{
    int terminal, status = -1;
    fflush(NULL);
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    if (child == 0)
        _exit(shares_start() ? body() : 99);
    if (child < 0)
        return -1;
    attend(terminal);
    close(terminal);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A share as it is typed, its words ended by `end`, of each at most `letters`. */
static void write_keys(char *to, size_t holder, int letters, char end)
{
    for (size_t i = 0; i < split->word_count; i++)
        to += sprintf(to, "%.*s%c", letters, slip39_words_text(split->words[holder][i]), end);
}

static bool is_shown(const char *word)
{
    return strstr(shown, word) != NULL;
}

/* -- what runs at the terminal -- */

static bool is_share(const struct slip39_share *share, size_t holder)
{
    struct slip39_share wanted;
    return slip39_decode(split->words[holder], split->word_count, &wanted) == FAULT_NONE
        && memcmp(share, &wanted, sizeof wanted) == 0;
}

/* 0: the first share was taken; 1: stopped; else something else. */
static int type_one(void)
{
    const struct known_sets known = { 1, &split->set };
    struct share_tray tray;
    if (!share_tray_open(&tray, &known))
        return 90;
    enum share_prompt result = share_prompt_one(&tray, "a test");
    if (result == SHARE_PROMPT_DONE)
        return tray.count == 1 && is_share(&tray.shares[0], 0) ? 0 : 91;
    return result == SHARE_PROMPT_STOPPED && tray.count == 0 ? 1 : 92;
}

/* 0: a quorum of the second and the third share. */
static int type_quorum(void)
{
    struct share_tray tray;
    if (!share_tray_open(&tray, &shares_unknown))
        return 90;
    if (share_prompt_quorum(&tray, "a test") != SHARE_PROMPT_DONE)
        return 1;
    return tray.count == 2 && is_share(&tray.shares[0], 1) && is_share(&tray.shares[1], 2) ? 0 : 91;
}

/* -- tests -- */

static void test_whole_words_and_their_first_four_letters_are_taken(void)
{
    char keys[TYPED_MAX];
    write_keys(keys, 0, SLIP39_WORD_MAX, ' ');
    acts[0] = (struct act){ "word 1 of 33: ", keys };
    CU_ASSERT(at_terminal(type_one) == 0);
    write_keys(keys, 0, SLIP39_PREFIX, '\r');
    acts[0] = (struct act){ "word 1 of 33: ", keys };
    CU_ASSERT(at_terminal(type_one) == 0);
    CU_ASSERT(is_shown("taken: member 1 of 3 (Alice) of set "));
}

static void test_a_word_that_is_typed_is_not_echoed(void)
{
    char keys[TYPED_MAX];
    write_keys(keys, 0, SLIP39_WORD_MAX, ' ');
    acts[0] = (struct act){ "word 1 of 33: ", keys };
    CU_ASSERT(at_terminal(type_one) == 0);
    for (size_t i = 1; i < split->word_count; i++) {
        char words[2 * SLIP39_WORD_MAX + 2];
        snprintf(words, sizeof words, "%s %s", slip39_words_text(split->words[0][i - 1]),
                 slip39_words_text(split->words[0][i]));
        CU_ASSERT(!is_shown(words));
    }
}

static void test_a_word_that_was_taken_back_is_typed_again(void)
{
    char keys[TYPED_MAX], *to = keys;
    const char *first = slip39_words_text(split->words[0][0]);
    to += sprintf(to, "q\x7f");                     /* a letter */
    to += sprintf(to, "%s \x7f", first);            /* a word */
    to += sprintf(to, "%s %.2s\x15", first, first); /* the share */
    write_keys(to, 0, SLIP39_WORD_MAX, ' ');
    acts[0] = (struct act){ "word 1 of 33: ", keys };
    CU_ASSERT(at_terminal(type_one) == 0);
    CU_ASSERT(is_shown("this share begins again"));
}

/* Said at once; what was pasted behind it is dropped, and the words before it stay. */
static void test_a_word_that_there_is_not_is_asked_for_again(void)
{
    char first[SLIP39_WORD_MAX + 16], rest[TYPED_MAX];
    snprintf(first, sizeof first, "%s qqqq zero zero ", slip39_words_text(split->words[0][0]));
    write_keys(rest, 0, SLIP39_WORD_MAX, ' ');
    acts[0] = (struct act){ "word 1 of 33: ", first };
    acts[1] = (struct act){ "not in the list", "" };
    acts[2] = (struct act){ "word 2 of 33: ", strchr(rest, ' ') + 1 };
    CU_ASSERT(at_terminal(type_one) == 0);
}

static void test_a_card_of_another_set_is_told_at_its_first_words(void)
{
    char first[2 * SLIP39_WORD_MAX + 4], keys[TYPED_MAX];
    snprintf(first, sizeof first, "%s %s ", slip39_words_text(split->words[0][0] ^ 1),
             slip39_words_text(split->words[0][1]));
    write_keys(keys, 0, SLIP39_WORD_MAX, ' ');
    acts[0] = (struct act){ "word 1 of 33: ", first };
    acts[1] = (struct act){ "another set: ", "" };
    acts[2] = (struct act){ "word 1 of 33: ", keys };
    CU_ASSERT(at_terminal(type_one) == 0);
}

static void test_ctrl_c_once_asks_and_twice_stops(void)
{
    char keys[TYPED_MAX];
    write_keys(keys, 0, SLIP39_WORD_MAX, ' ');
    acts[0] = (struct act){ "word 1 of 33: ", "\x03" };
    acts[1] = (struct act){ "interrupted: nothing is lost", "" };
    acts[2] = (struct act){ "word 1 of 33: ", keys };
    CU_ASSERT(at_terminal(type_one) == 0);
    acts[0] = (struct act){ "word 1 of 33: ", "\x03" };
    acts[1] = (struct act){ "interrupted: nothing is lost", "" };
    acts[2] = (struct act){ "word 1 of 33: ", "\x03" };
    CU_ASSERT(at_terminal(type_one) == 1);
    CU_ASSERT(is_shown("stopped"));
}

static void test_a_prompt_without_a_terminal_is_refused_body(void)
{
    struct share_tray tray;
    UNIT_NEED(setsid() > 0 && shares_start() && share_tray_open(&tray, &shares_unknown));
    CU_ASSERT(share_prompt_one(&tray, "a test") == SHARE_PROMPT_NO_TERMINAL && tray.count == 0);
    CU_ASSERT(share_prompt_quorum(&tray, "a test") == SHARE_PROMPT_NO_TERMINAL && tray.count == 0);
}

static void test_a_prompt_without_a_terminal_is_refused(void)
{
    unit_child(test_a_prompt_without_a_terminal_is_refused_body);
}

static void test_a_quorum_is_asked_for_card_by_card(void)
{
    char first[TYPED_MAX], second[TYPED_MAX];
    write_keys(first, 1, SLIP39_PREFIX, ' ');
    write_keys(second, 2, SLIP39_PREFIX, ' ');
    acts[0] = (struct act){ "word 1 of 33: ", first };
    acts[1] = (struct act){ "1 given, 1 more needed", "" };
    acts[2] = (struct act){ "share 2, word 1 of 33: ", second };
    CU_ASSERT(at_terminal(type_quorum) == 0);
    CU_ASSERT(is_shown("2 given, 0 more needed"));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_whole_words_and_their_first_four_letters_are_taken),
        UNIT_TEST(test_a_word_that_is_typed_is_not_echoed),
        UNIT_TEST(test_a_word_that_was_taken_back_is_typed_again),
        UNIT_TEST(test_a_word_that_there_is_not_is_asked_for_again),
        UNIT_TEST(test_a_card_of_another_set_is_told_at_its_first_words),
        UNIT_TEST(test_ctrl_c_once_asks_and_twice_stops),
        UNIT_TEST(test_a_prompt_without_a_terminal_is_refused),
        UNIT_TEST(test_a_quorum_is_asked_for_card_by_card),
    };
    return prepare() ? UNIT_RUN("typing", tests) : 1;
}
