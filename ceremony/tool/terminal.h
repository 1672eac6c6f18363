/* SPDX-License-Identifier: Apache-2.0 */
/* The controlling terminal, /dev/tty, independent of standard input and output. Its settings are restored whenever
 * nothing secret is being typed, and however the program ends. */
#ifndef CEREMONY_TOOL_TERMINAL_H
#define CEREMONY_TOOL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Opens it, once per process. False: there is no terminal, of which TERMINAL_NONE says what to do. */
bool terminal_open(void) __attribute__((warn_unused_result));
#define TERMINAL_NONE                                                                                                  \
    "there is no terminal here, and what is typed now would be shown: log in first, or use ssh -t HOST COMMAND (su "   \
    "USER "                                                                                                            \
    "-c COMMAND has none: use su - USER, and then COMMAND)"

/* Keys with a meaning of their own. */
enum { KEY_END = -1, KEY_INTERRUPT = 3, KEY_ERASE = 127, KEY_ERASE_LINE = 21 };

/* The least that a card, a question and its answer need. */
enum { TERMINAL_COLUMNS_MIN = 80, TERMINAL_ROWS_MIN = 24 };

/* Whether a card fits the terminal as it is now (TIOCGWINSZ). If not, `sentence` says so. A terminal that does not tell
 * its size, such as a serial line, is taken to have 80 columns and 24 lines. */
enum { TERMINAL_SENTENCE = 160 };
bool terminal_holds_a_card(char sentence[static TERMINAL_SENTENCE]) __attribute__((warn_unused_result));

/* False: TERM=dumb. terminal_clear then scrolls away what was shown, which may be scrolled back. */
bool terminal_can_clear(void);

/* Waits for the next key; call it between terminal_hush and terminal_restore. Ctrl-C (before that it is a signal, which
 * is kept) and Ctrl-D are KEY_INTERRUPT, Backspace KEY_ERASE, Ctrl-U KEY_ERASE_LINE; a closed terminal and a
 * terminating signal are KEY_END. */
int terminal_key(void);

/* From now on this is asked several times a second while a key is awaited: true ends the typing, as KEY_END. NULL: no
 * more. */
typedef bool terminal_is_over(void *context);
void terminal_watch(terminal_is_over *is_over, void *context);

/* Says "stopped" to whoever stopped at a question or while keys were awaited; nothing where the typing was over. */
void terminal_stop(void);
/* Whether that was called: the verb goes no further because people wanted it so. */
bool terminal_was_stopped(void);

/* Turns echo and line editing off, until the matching terminal_restore. The two nest. */
bool terminal_hush(void) __attribute__((warn_unused_result));
void terminal_restore(void);

/* Whether keys are waiting already, as after a paste. */
bool terminal_has_more(void);
/* Discards the keys that are waiting, such as the rest of a paste after a mistake. */
void terminal_drop_input(void);

/* Prints a line in place of the current one. */
void terminal_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a prompt in place of the current line. */
void terminal_prompt(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Asks for a line of less than `size` bytes, with echo: nothing secret. One Ctrl-C, or Ctrl-D, loses nothing: it says
 * so in place of the question and asks again below. False: a second one before the answer, another signal, or no
 * terminal. */
bool terminal_ask(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));

/* Writes a text of any length as it is, such as a card. */
void terminal_show(const char *text, size_t length);

/* Clears the screen and the scrollback. */
void terminal_clear(void);

#endif
