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

static bool parse_line(const struct settings_row *rows, size_t count, void *into, char *line)
{
    line = settings_trim(line);
    if (*line == '\0' || *line == '#')
        return true;
    char *value = line + strcspn(line, " \t");
    if (*value)
        *value++ = '\0';
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, line) == 0)
            return rows[i].parse(into, settings_trim(value));
    return false;
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
    unsigned number = 1;
    for (char *line = text, *end; line; line = end, number++) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        if (!parse_line(rows, count, into, line)) {
            command_fail("%s:%u: \"%s\": unknown name, or its value is not valid", path, number, settings_trim(line));
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
