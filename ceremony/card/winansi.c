/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/card/winansi.h"

#include <stddef.h>

/* From 0x80 on; 0: unused. */
static const int32_t high[] = {
    0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0,      0x17d,  0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178,
};

uint8_t winansi_byte(int32_t character)
{
    if ((character >= ' ' && character <= '~') || (character > 0xa0 && character <= 0xff && character != 0xad))
        return (uint8_t)character;
    for (size_t i = 0; character > 0 && i < sizeof high / sizeof *high; i++)
        if (high[i] == character)
            return (uint8_t)(0x80 + i);
    return 0;
}

bool winansi_holds(const char *text, char missing[static UTF8_BYTES_MAX + 1])
{
    while (*text) {
        int32_t character = utf8_next(&text);
        if (winansi_byte(character) != 0)
            continue;
        missing[utf8_put(utf8_is_shown(character) ? character : '?', missing)] = '\0';
        return false;
    }
    return true;
}
