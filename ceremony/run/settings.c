/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/tool/tool.h"

char *settings_trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static const char *explained;

void settings_explain(const char *sentence)
{
    explained = sentence;
}

/* A line that is refused; `value` is a copy, since a parser cuts its own into pieces. */
struct refusal {
    const struct settings_row *row; /* NULL: there is no such name */
    const char *name;
    char value[161];
};

static bool parse_line(const struct settings_row *rows, size_t count, void *into, char *line, struct refusal *refusal)
{
    line = settings_trim(line);
    if (*line == '\0' || *line == '#')
        return true;
    char *value = line + strcspn(line, " \t");
    if (*value)
        *value++ = '\0';
    value = settings_trim(value);
    *refusal = (struct refusal){ .name = line };
    snprintf(refusal->value, sizeof refusal->value, "%.160s", value);
    explained = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, line) == 0) {
            refusal->row = &rows[i];
            return rows[i].parse(into, value);
        }
    return false;
}

static void print_refusal(const char *path, unsigned number, const struct refusal *refusal,
                          const struct settings_row *rows, size_t count)
{
    char names[512] = "";
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof names; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? ", " : "", rows[i].name);
    if (!refusal->row)
        command_fail("%s:%u: \"%.64s\" is no name of a line here; allowed: %s", path, number, refusal->name, names);
    else if (explained)
        command_fail("%s:%u: %s: %s", path, number, refusal->name, explained);
    else
        command_fail("%s:%u: %s \"%s\": is not allowed; allowed: %s", path, number, refusal->name, refusal->value,
                     refusal->row->allowed);
}

static bool is_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && !strchr("\n\t\r", text[i]))
            return false;
    return memchr(text, '\0', length) == NULL;
}

char *settings_read_text(const char *path, size_t most, size_t *length)
{
    char *text = calloc(1, most + 1);
    enum fault fault = text ? tool_read_source(path, (uint8_t *)text, most, length) : FAULT_MEMORY;
    if (!fault && is_text(text, *length))
        return text;
    if (fault)
        tool_refuse(fault, path);
    else
        command_fail("%s: is not plain text", path);
    free(text);
    return NULL;
}

bool settings_parse_lines(const char *path, char *text, const struct settings_row *rows, size_t count, void *into)
{
    struct refusal refusal;
    unsigned number = 1;
    for (char *line = text, *end; line; line = end, number++) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        if (!parse_line(rows, count, into, line, &refusal)) {
            print_refusal(path, number, &refusal, rows, count);
            return false;
        }
    }
    return true;
}

bool settings_parse_once(const char **into, char *value)
{
    bool ok = !*into && *value;
    *into = value;
    return ok;
}

bool settings_parse_number(const char *value, unsigned most, unsigned *out)
{
    char end;
    return sscanf(value, "%9u%c", out, &end) == 1 && *out >= 1 && *out <= most;
}
