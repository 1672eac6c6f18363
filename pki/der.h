/* SPDX-License-Identifier: Apache-2.0 */
/* A strict reader of DER (X.690): one element after the other at a cursor, nothing allocated. It refuses what is not
 * DER: indefinite and overlong lengths, tag numbers above 30, an element that ends behind its parent. */
#ifndef PKI_DER_H
#define PKI_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0 = 0xa0, /* constructed */
};

struct der {
    const uint8_t *at;
    size_t left;
};

/* Reads the next element: its tag, and its contents, which point into `from`. False at the end, and where it is not
 * DER; `from` is then as it was. */
bool der_read(struct der *from, uint8_t *tag, struct der *contents) __attribute__((warn_unused_result));

/* The same for an element that must have this tag. `contents` may be NULL. */
bool der_expect(struct der *from, uint8_t tag, struct der *contents) __attribute__((warn_unused_result));

/* Whether the next element has this tag. */
bool der_is_next(const struct der *from, uint8_t tag);

#endif
