/* SPDX-License-Identifier: Apache-2.0 */
/* The text file of one share: comment lines that begin with '#', and the words on one line. Reading accepts what
 * share_text.h does. */
#ifndef CEREMONY_SHARE_SHARE_FILE_H
#define CEREMONY_SHARE_SHARE_FILE_H

#include "ceremony/share/share_tray.h"

enum { SHARE_FILE_MAX = 4096 };

/* Writes the text of a share to `out`, which must be in the arena; returns its length, 0 if it does not fit. */
size_t share_file_text(const struct share_set *set, const struct share_holder *holder, const uint16_t *words,
                       size_t count, bool rehearsal, char *out, size_t capacity);

/* The name of a holder's file, with `kind` "share" or "card": "share-3.txt"; with groups "share-2-3.txt". */
enum { SHARE_FILE_NAME = 32 };
void share_file_name(const struct share_set *set, const struct share_holder *holder, const char *kind,
                     const char *suffix, char out[static SHARE_FILE_NAME]);

/* Reads a share from a file, `fd:N` or `credential:NAME` into the tray. `strict` as in share_tray_add. A refusal was
 * printed, with the source's name. */
enum fault share_file_read(struct share_tray *tray, const char *source, bool strict)
    __attribute__((warn_unused_result));

#endif
