/* Key ids: [a-z0-9][a-z0-9._-]{0,63}. An id is a file name and is never rewritten: what does
 * not fit is refused, so two ids can never become one file. */
#ifndef KEYSTORE_KEY_KEY_ID_H
#define KEYSTORE_KEY_KEY_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_ID_SIZE = 64 }; /* of the zero-padded field in formats and messages */

struct key_id {
    char text[KEY_ID_SIZE + 1]; /* NUL-terminated, zeros behind it */
};

/* Whether `text` is an id. NULL is none. */
bool key_id_valid(const char *text);

/* Makes an id of `text`; false, and *out all zeros, if it is none. */
bool key_id_from_text(const char *text, struct key_id *out) __attribute__((warn_unused_result));

/* Makes an id of a zero-padded field; false if it is none or something follows the first zero. */
bool key_id_from_field(const unsigned char field[static KEY_ID_SIZE], struct key_id *out)
    __attribute__((warn_unused_result));

/* Makes an id of a directory entry "<id><suffix>"; false if it is no such name. */
bool key_id_from_file(const char *name, const char *suffix, struct key_id *out) __attribute__((warn_unused_result));

/* For tables of ids in this process: keyed at random, because strangers choose the ids. */
uint64_t key_id_hash(const struct key_id *id);

#endif
