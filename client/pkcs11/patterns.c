/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/patterns.h"

#include <string.h>

#define ID_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define BETWEEN ", \t"

static bool add(struct patterns *patterns, const char *text, size_t length)
{
    size_t letters = strspn(text, ID_LETTERS);
    bool is_beginning = letters + 1 == length && text[letters] == '*';
    if (patterns->count == PATTERNS_MAX || length > KEY_ID_MAX || (letters != length && !is_beginning))
        return false;
    memcpy(patterns->texts[patterns->count], text, length);
    patterns->texts[patterns->count++][length] = '\0';
    return true;
}

bool patterns_parse(const char *text, struct patterns *patterns)
{
    patterns->count = 0;
    for (text += strspn(text, BETWEEN); *text; text += strspn(text, BETWEEN)) {
        size_t length = strcspn(text, BETWEEN);
        if (!add(patterns, text, length))
            return false;
        text += length;
    }
    return patterns->count > 0;
}

static bool match(const char *pattern, const char *id)
{
    size_t length = strlen(pattern);
    bool is_beginning = pattern[length - 1] == '*';
    return is_beginning ? strncmp(pattern, id, length - 1) == 0 : strcmp(pattern, id) == 0;
}

bool patterns_match(const struct patterns *patterns, const char *id)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (match(patterns->texts[i], id))
            return true;
    return patterns->count == 0;
}
