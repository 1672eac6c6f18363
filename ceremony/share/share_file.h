/* The text file that one share is handed over in: lines for people begin with '#', the words stand on
 * one line. Read more freely: any white space, upper case, four-letter prefixes. */
#ifndef CEREMONY_SHARE_SHARE_FILE_H
#define CEREMONY_SHARE_SHARE_FILE_H

#include "ceremony/share/share_tray.h"

enum { SHARE_FILE_MAX = 4096 };

/* Writes the text of a share; returns its length, 0 if it does not fit. `out` is secret memory. */
size_t share_file_text(const struct share_set *set, const struct share_holder *holder, const uint16_t *words,
                       size_t count, bool rehearsal, char *out, size_t capacity);

/* The name of a holder's file: "share-3.txt", "share-2-3.txt". */
enum { SHARE_FILE_NAME = 32 };
void share_file_name(const struct share_set *set, const struct share_holder *holder, const char *kind,
                     const char *suffix, char out[static SHARE_FILE_NAME]);

/* Reads a file, `fd:N` or `credential:NAME` into the tray; refusals are said, with the source's name. */
enum fault share_file_read(struct share_tray *tray, const char *source, bool strict)
    __attribute__((warn_unused_result));

#endif
