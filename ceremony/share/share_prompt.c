/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/share_prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/tool/terminal.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "keystore/share/slip39_words.h"

enum { WORD_TEXT = 16 };

/* A share that is being typed: secret, in the arena. */
struct typed {
    uint16_t words[SLIP39_WORDS_MAX];
    size_t count;
    char text[WORD_TEXT]; /* the word under the cursor */
    size_t length;
    bool interrupted; /* Ctrl-C was pressed once; a second one stops */
    size_t number;    /* of this share among those that people type */
};

static void forget_word(struct typed *typed)
{
    secret_wipe(typed->text, sizeof typed->text);
    typed->length = 0;
}

static void forget_share(struct typed *typed)
{
    const size_t number = typed->number;
    secret_wipe(typed, sizeof *typed);
    typed->number = number;
}

static void show_prompt(const struct typed *typed)
{
    terminal_prompt("share %zu, word %zu of %d: ", typed->number, typed->count + 1, SLIP39_WORDS_MAX);
}

static void complain(const char *sentence)
{
    terminal_print("%s", sentence);
    terminal_drop_input(); /* the rest of a pasted line would be taken as words */
}

/* -- words -- */

/* Reports a wrong set after two words, and a wrong member after four. */
static void check(const struct share_tray *tray, struct typed *typed)
{
    char sentence[TRAY_SENTENCE];
    enum fault fault = share_tray_check_start(tray, typed->words, typed->count, sentence);
    if (fault) {
        complain(sentence);
        forget_share(typed);
        terminal_print("begin with another card, or with the right one");
    } else if (sentence[0] && typed->count == 4) {
        terminal_print("%s", sentence);
    }
}

static void end_word(const struct share_tray *tray, struct typed *typed)
{
    if (typed->length == 0)
        return;
    int number = slip39_words_number(typed->text, typed->length);
    forget_word(typed);
    if (number < 0) {
        complain("not in the list: look at the card and type this word again");
        return;
    }
    typed->words[typed->count++] = (uint16_t)number;
    check(tray, typed);
}

static void erase(struct typed *typed)
{
    if (typed->length > 0)
        typed->text[--typed->length] = '\0';
    else if (typed->count > 0)
        typed->words[--typed->count] = 0; /* the word before it is typed again */
}

/* False: stop. */
static bool interrupt(struct typed *typed)
{
    forget_word(typed);
    if (typed->interrupted)
        return false;
    typed->interrupted = true;
    complain("interrupted: nothing is lost; go on typing, or press Ctrl-C again to stop");
    return true;
}

/* False: stop. */
static bool handle_key(const struct share_tray *tray, struct typed *typed, int key)
{
    if (key == KEY_END)
        return false;
    if (key == KEY_INTERRUPT)
        return interrupt(typed);
    typed->interrupted = false;
    if (key == KEY_ERASE) {
        erase(typed);
    } else if (key == KEY_ERASE_LINE) {
        forget_share(typed);
        terminal_print("this share begins again");
    } else if (isspace(key)) {
        end_word(tray, typed);
    } else if (!isalpha(key)) {
        complain("only letters and spaces; Backspace goes back, Ctrl-U begins this share again, Ctrl-C stops");
        forget_word(typed);
    } else if (typed->length + 1 < WORD_TEXT) {
        typed->text[typed->length++] = (char)key;
    }
    return true;
}

/* False: stop. */
static bool type_words(const struct share_tray *tray, struct typed *typed)
{
    size_t shown = SLIP39_WORDS_MAX;
    while (typed->count < SLIP39_WORDS_MAX) {
        if (shown != typed->count && !terminal_has_more())
            show_prompt(typed);
        shown = typed->count;
        if (!handle_key(tray, typed, terminal_key()))
            return false;
        if (typed->length == 0)
            shown = SLIP39_WORDS_MAX; /* a message may have been printed: show the prompt again */
    }
    return true;
}

/* -- shares -- */

static enum share_prompt type_one(struct share_tray *tray, struct typed *typed)
{
    char sentence[TRAY_SENTENCE];
    for (;;) {
        if (!type_words(tray, typed))
            return SHARE_PROMPT_STOPPED;
        enum fault fault = share_tray_add(tray, typed->words, typed->count, "the terminal", true, sentence);
        forget_share(typed);
        if (!fault) {
            terminal_print("taken: %s", sentence);
            return SHARE_PROMPT_DONE;
        }
        complain(sentence);
        terminal_print("this share begins again");
    }
}

enum share_prompt share_prompt_one(struct share_tray *tray, const char *heading)
{
    return share_prompt_numbered(tray, heading, tray->count + 1);
}

enum share_prompt share_prompt_numbered(struct share_tray *tray, const char *heading, size_t number)
{
    if (!terminal_open())
        return SHARE_PROMPT_NO_TERMINAL;
    struct typed *typed = arena_alloc(sizeof *typed);
    enum share_prompt result = SHARE_PROMPT_STOPPED;
    bool hushed = typed && terminal_hush();
    if (hushed) {
        if (heading)
            terminal_print("%s: type the words of a share, four letters of each are enough; nothing is shown", heading);
        typed->number = number;
        result = type_one(tray, typed);
        if (result == SHARE_PROMPT_STOPPED)
            terminal_stop();
    }
    if (hushed)
        terminal_restore();
    arena_free(typed);
    return result;
}

enum share_prompt share_prompt_quorum(struct share_tray *tray, const char *heading)
{
    enum share_prompt result = SHARE_PROMPT_DONE;
    bool hushed = terminal_open() && terminal_hush(); /* keeps echo off between two shares as well */
    for (unsigned missing = 1; missing > 0;) {
        result = share_prompt_one(tray, tray->count == 0 ? heading : NULL);
        if (result != SHARE_PROMPT_DONE)
            break;
        missing = quorum_missing(tray->shares, tray->count, tray->count - 1);
        terminal_print("%zu given, %u more needed", tray->count, missing);
    }
    if (hushed)
        terminal_restore();
    return result;
}
