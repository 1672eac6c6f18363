/* SPDX-License-Identifier: Apache-2.0 */
/* RS1024, the checksum of SLIP-0039: a Reed-Solomon code over GF(1024), whose last three words are the checksum. It
 * detects any three wrong words, and tells the place of a single one. */
#ifndef KEYSTORE_SHARE_RS1024_H
#define KEYSTORE_SHARE_RS1024_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RS1024_CHECKSUM_WORDS = 3 };

/* Whether the checksum of `count` words is right, under the customization of `extendable`. */
bool rs1024_is_right(bool extendable, const uint16_t *words, size_t count);

/* Writes the checksum of `count` words behind them. */
void rs1024_put(bool extendable, uint16_t *words, size_t count);

/* The number, from 1, of the one word whose change would make the checksum right, for a checksum that is not; 0: there
 * is none, so that more words are wrong. SLIP-0039 lets a program say where an error is, and not what would be right:
 * another word would fit as well as the right one where two were mistyped. */
size_t rs1024_locate(const uint16_t *words, size_t count);

#endif
