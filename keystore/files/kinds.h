/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of file in a keystore, and what a backup does with each. Any other file is a stray: never read, never
 * archived, and reported by doctor and backup. FORMAT.md, "Files". */
#ifndef KEYSTORE_FILES_KINDS_H
#define KEYSTORE_FILES_KINDS_H

enum part { PART_ROOT, PART_KEYS, PART_CERTS, PART_RECORDS, PART_COUNT };

enum kind {
    KIND_STRAY,
    KIND_BACKED_UP,
    KIND_REBUILT,   /* a restore creates it, or it belongs to this copy only */
    KIND_TEMPORARY, /* left by a writer that was stopped; removed by a sweep */
};

enum { KINDS_NAME_MAX = 86 }; /* a longer name does not fit in an archive and is a stray */

/* The kind of a file by its name in one of the directories. In the root, the names of the parts are KIND_REBUILT. */
enum kind kinds_of(enum part part, const char *name);

/* "", "keys", "certs", "records". */
const char *kinds_part_name(enum part part);

#endif
