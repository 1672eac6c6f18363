/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON writer (RFC 8259) that places commas and escapes. `name` is NULL inside an array and for the outermost
 * value. Bytes that are not UTF-8 become U+FFFD. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    bool comma; /* the next value needs a comma before it */
    bool line;  /* the next value or closing bracket begins a line */
};

void json_open(struct json *json, const char *name, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                  /* '}' or ']' */
void json_text(struct json *json, const char *name, const char *text);
void json_number(struct json *json, const char *name, uint64_t number);
void json_real(struct json *json, const char *name, double number); /* one decimal; 0 if not finite */
void json_bool(struct json *json, const char *name, bool value);

/* Writes `digits`, which must be a JSON number, unchanged. */
void json_literal(struct json *json, const char *name, const char *digits);

/* The next value or closing bracket begins a line. */
void json_line(struct json *json);

/* Writes the newline at the end of the document. */
void json_end(struct json *json);

#endif
