/* SPDX-License-Identifier: Apache-2.0 */
/* Key ids: [a-z0-9][a-z0-9._-]{0,63}. An id is used unchanged as a file name, so two ids can never become one file. */
#ifndef KEYSTORE_KEY_KEY_ID_H
#define KEYSTORE_KEY_KEY_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_ID_SIZE = 64 }; /* the zero-padded field in file formats and messages */

struct key_id {
    char text[KEY_ID_SIZE + 1]; /* zero-padded to the end */
};

/* Whether `text` is a valid id; false for NULL. */
bool key_id_valid(const char *text);

/* Makes an id of `text`. False, with *out zeroed, if it is not valid. */
bool key_id_from_text(const char *text, struct key_id *out) __attribute__((warn_unused_result));

/* Makes an id of a zero-padded field. False if it is not valid or not padded with zeros only. */
bool key_id_from_field(const unsigned char field[static KEY_ID_SIZE], struct key_id *out)
    __attribute__((warn_unused_result));

/* Makes an id of a file name "<id><suffix>". False, with *out zeroed, for any other name. */
bool key_id_from_file(const char *name, const char *suffix, struct key_id *out) __attribute__((warn_unused_result));

/* SipHash-2-4 with a random key of this process, for hash tables: clients choose the ids, and must not be able to
 * provoke collisions. */
uint64_t key_id_hash(const struct key_id *id);

#endif
