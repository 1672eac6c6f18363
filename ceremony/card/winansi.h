/* SPDX-License-Identifier: Apache-2.0 */
/* WinAnsiEncoding (ISO 32000-1, annex D), in which the standard fonts of a PDF are addressed: the letters of Western
 * European languages. */
#ifndef CEREMONY_CARD_WINANSI_H
#define CEREMONY_CARD_WINANSI_H

#include <stdbool.h>
#include <stdint.h>

#include "keystore/format/utf8.h"

/* The byte of a character; 0: it has none. */
uint8_t winansi_byte(int32_t character);

/* Whether every character of a text has a byte. If not, `missing` is the first that has none, or "?" for a byte that is
 * not UTF-8. */
bool winansi_holds(const char *text, char missing[static UTF8_BYTES_MAX + 1]);

#endif
