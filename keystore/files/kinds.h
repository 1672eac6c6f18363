/* Every kind of file that a keystore may hold, and what becomes of it in a backup. A kind that is not
 * here is a stray: never read, never packed, and named by doctor and backup. FORMAT.md, "Files". */
#ifndef KEYSTORE_FILES_KINDS_H
#define KEYSTORE_FILES_KINDS_H

enum part { PART_ROOT, PART_KEYS, PART_CERTS, PART_RECORDS, PART_COUNT };

enum kind {
    KIND_STRAY,
    KIND_BACKED_UP,
    KIND_REBUILT,   /* a restore makes it anew, or this copy alone has it */
    KIND_TEMPORARY, /* left by a writer that was stopped; swept */
};

enum { KINDS_NAME_MAX = 86 }; /* a longer name is a stray: an archive could not hold it */

/* Of a file's name in one of the directories. The parts' own names in the root are KIND_REBUILT. */
enum kind kinds_of(enum part part, const char *name);

/* "", "keys", "certs", "records". */
const char *kinds_part_name(enum part part);

#endif
