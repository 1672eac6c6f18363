/* A writer of JSON: one value a line at most, commas and escapes in the right places. A name is
 * NULL inside an array and for the outermost value. Bytes that are no UTF-8 become U+FFFD. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    bool comma; /* the next value needs one before it */
    bool line;  /* and a line of its own */
};

void json_open(struct json *json, const char *name, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                  /* '}' or ']' */
void json_text(struct json *json, const char *name, const char *text);
void json_number(struct json *json, const char *name, uint64_t number);
void json_real(struct json *json, const char *name, double number); /* one decimal; not finite: 0 */
void json_bool(struct json *json, const char *name, bool value);

/* A number as it stands in `digits`. */
void json_literal(struct json *json, const char *name, const char *digits);

/* The next value, or bracket that closes, begins a line. */
void json_line(struct json *json);

/* Ends the document's line. */
void json_end(struct json *json);

#endif
