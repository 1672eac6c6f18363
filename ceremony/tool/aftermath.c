/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/aftermath.h"

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { NOTES_MAX = 64, NOTE_MAX = PATH_MAX + 256 };

static char notes[NOTES_MAX][NOTE_MAX];
static size_t count;
static bool is_said; /* by the verb itself */

void aftermath_note(const char *format, ...)
{
    va_list arguments;
    if (count == NOTES_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(notes[count], NOTE_MAX, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < count; i++)
        if (strcmp(notes[i], notes[count]) == 0)
            return;
    count++;
}

void aftermath_clear(void)
{
    count = 0;
    is_said = true;
}

void aftermath_print(bool stopped)
{
    if (stopped && count == 0 && !is_said)
        fputs("signer-ceremony: nothing was written\n", stderr);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "signer-ceremony: left: %s\n", notes[i]);
}
