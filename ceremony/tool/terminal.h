/* The terminal that people sit at: /dev/tty, whatever standard input and output are. Keys are read one
 * by one and never echoed; the terminal is as it was whenever nobody types, and after every way out. */
#ifndef CEREMONY_TOOL_TERMINAL_H
#define CEREMONY_TOOL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* False where there is none. Opens it once per process. */
bool terminal_open(void) __attribute__((warn_unused_result));

/* What a key gives besides its character. */
enum { KEY_END = -1, KEY_INTERRUPT = 3, KEY_ERASE = 127, KEY_ERASE_LINE = 21 };

/* The next key, not echoed: Ctrl-C is KEY_INTERRUPT, Backspace KEY_ERASE, Ctrl-U KEY_ERASE_LINE, the
 * end of the terminal or a signal that ends us KEY_END. */
int terminal_key(void);

/* Between terminal_hush and terminal_restore nothing is echoed. They nest. */
bool terminal_hush(void) __attribute__((warn_unused_result));
void terminal_restore(void);

/* Whether more keys have come already: something was pasted. */
bool terminal_has_more(void);
/* Drops keys that have come already: what was pasted behind a mistake. */
void terminal_drop_input(void);

void terminal_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes over the line that is being typed at. */
void terminal_prompt(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Asks a question that is answered by a line, echoed: nothing secret. False: interrupted. */
bool terminal_ask(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));

/* Writes a text as it is, of any length: a card, on the screen of its custodian. */
void terminal_show(const char *text, size_t length);

/* Clears the screen and the scrollback. */
void terminal_clear(void);

#endif
