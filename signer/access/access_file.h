/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --access: grants, one on each line, as --allow has them; empty lines and those that begin with '#' mean
 * nothing. It is taken whole or not at all. */
#ifndef SIGNER_ACCESS_ACCESS_FILE_H
#define SIGNER_ACCESS_ACCESS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "signer/ipc/grant.h"

enum { ACCESS_FILE_MAX = 64 * 1024, ACCESS_WHY = 256 };

/* Where the file is: opened once, so that a reader in a sandbox needs nothing else. */
struct access_place {
    int directory;    /* of the file */
    int etc;          /* of passwd and group, in which user= and group= are looked up */
    const char *name; /* of the file in its directory; borrowed */
    uid_t owner;      /* whom the file may belong to, beside root */
};

struct access_grants {
    size_t count;
    struct grant grants[GRANTS_MAX];
};

/* Opens the place of the file at `path`, which is borrowed. False: errno says why. */
bool access_file_place(const char *path, uid_t owner, struct access_place *out) __attribute__((warn_unused_result));

/* Reads the file anew. False: it cannot be read, belongs to or can be written by somebody else, is too long, or a line
 * is wrong; `why` then says what ("NAME:LINE: …"), in one line. */
bool access_file_read(const struct access_place *place, struct access_grants *out, char why[static ACCESS_WHY])
    __attribute__((warn_unused_result));

#endif
