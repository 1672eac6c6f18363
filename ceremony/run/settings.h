/* Plain text settings: a name and a value on each line, in rows of a table; '#' begins a line for people. What is not
 * understood is refused with its line. */
#ifndef CEREMONY_RUN_SETTINGS_H
#define CEREMONY_RUN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/* Parses a value, which lives as long as the text, to `into`; false where it is none of its kind. */
typedef bool settings_parse(void *into, char *value);

struct settings_row {
    const char *name;
    settings_parse *parse;
};

/* The text of a file of `most` bytes, NUL-terminated, the caller's to free; NULL: refused, which was reported. */
char *settings_read_text(const char *path, size_t most, size_t *length);

/* Parses each line of it. False: refused, which was reported with its number. */
bool settings_parse_lines(const char *path, char *text, const struct settings_row *rows, size_t count, void *into)
    __attribute__((warn_unused_result));

/* Without white space at both ends. */
char *settings_trim(char *text);

/* A value that may be given once, and is not empty. */
bool settings_parse_once(const char **into, char *value);

/* A decimal number from 1 to `most`. */
bool settings_parse_number(const char *value, unsigned most, unsigned *out);

#endif
