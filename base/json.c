/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

/* The length of the well-formed UTF-8 sequence (RFC 3629) at `text`; 0 if it is malformed. */
static size_t sequence(const unsigned char *text)
{
    size_t length = text[0] < 0x80          ? 1
        : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
        : (text[0] & 0xf0) == 0xe0          ? 3
        : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
                                            : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool too_long = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
    bool no_character = (text[0] == 0xed && text[1] > 0x9f) || (text[0] == 0xf4 && text[1] > 0x8f);
    return length > 2 && (too_long || no_character) ? 0 : length;
}

static void put_string(FILE *out, const char *string)
{
    const unsigned char *text = (const unsigned char *)string;
    putc('"', out);
    while (*text) {
        size_t length = sequence(text);
        if (length == 0)
            fputs("\\ufffd", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (*text < 0x20 || *text == 0x7f)
            fprintf(out, "\\u%04x", *text);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
    putc('"', out);
}

static void begin_value(struct json *json, const char *name)
{
    if (json->comma)
        putc(',', json->out);
    json->comma = true;
    if (json->line)
        putc('\n', json->out);
    json->line = false;
    if (!name)
        return;
    put_string(json->out, name);
    putc(':', json->out);
}

void json_open(struct json *json, const char *name, char bracket)
{
    begin_value(json, name);
    putc(bracket, json->out);
    json->comma = false;
}

void json_close(struct json *json, char bracket)
{
    if (json->line)
        putc('\n', json->out);
    json->line = false;
    putc(bracket, json->out);
    json->comma = true;
}

void json_text(struct json *json, const char *name, const char *text)
{
    begin_value(json, name);
    put_string(json->out, text);
}

void json_number(struct json *json, const char *name, uint64_t number)
{
    begin_value(json, name);
    fprintf(json->out, "%" PRIu64, number);
}

void json_literal(struct json *json, const char *name, const char *digits)
{
    begin_value(json, name);
    fputs(digits, json->out);
}

void json_line(struct json *json)
{
    json->line = true;
}

void json_real(struct json *json, const char *name, double number)
{
    begin_value(json, name);
    fprintf(json->out, "%.1f", isfinite(number) ? number : 0.0);
}

void json_bool(struct json *json, const char *name, bool value)
{
    begin_value(json, name);
    fputs(value ? "true" : "false", json->out);
}

void json_end(struct json *json)
{
    putc('\n', json->out);
}
