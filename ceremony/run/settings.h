/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text settings, for plan and site files: a name and a value on each line; '#' begins a comment line. An unknown
 * name or an invalid value refuses the file. */
#ifndef CEREMONY_RUN_SETTINGS_H
#define CEREMONY_RUN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/* Parses a value into `into`; it may keep a pointer to `value`, which lives as long as the text. False: invalid. */
typedef bool settings_parse(void *into, char *value);

struct settings_row {
    const char *name;
    settings_parse *parse;
    const char *allowed; /* what the value may be, for the message of a refusal */
};

/* A parser that refuses a value may say why itself: a sentence that outlives the reading, printed instead of what is
 * allowed. */
void settings_explain(const char *sentence);

/* Reads a text file of at most `most` bytes. The text is NUL-terminated, and the caller frees it. NULL: refused; the
 * reason was printed. */
char *settings_read_text(const char *path, size_t most, size_t *length);

/* Parses each line of `text`, which it cuts into strings. False: refused; line, name, value and what is
 * allowed were printed. */
bool settings_parse_lines(const char *path, char *text, const struct settings_row *rows, size_t count, void *into)
    __attribute__((warn_unused_result));

/* Removes white space at both ends, in place; returns the new start. */
char *settings_trim(char *text);

/* Parses a value that may be given only once and must not be empty; *into is NULL before. */
bool settings_parse_once(const char **into, char *value);

/* Parses a decimal number from 1 to `most`. */
bool settings_parse_number(const char *value, unsigned most, unsigned *out);

#endif
