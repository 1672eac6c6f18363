/* A keystore as it is at one moment, in memory: everything that a backup holds. Signers serve meanwhile;
 * their changes wait for the moment. */
#ifndef CEREMONY_ARCHIVE_SNAPSHOT_H
#define CEREMONY_ARCHIVE_SNAPSHOT_H

#include "ceremony/archive/manifest.h"
#include "ceremony/tool/report.h"

struct snapshot {
    struct manifest manifest;
    struct header header;
    uint8_t **contents; /* of each of the manifest's files; owned */
};

/* Reads it all. What cannot be read, or is no whole sealed key, is a FAIL in the report, and a stray a
 * warning. False: something failed. snapshot_free in both cases. */
bool snapshot_make(const struct directory *directory, struct report *report, struct snapshot *out)
    __attribute__((warn_unused_result));
void snapshot_free(struct snapshot *snapshot);

/* Each name in a directory of the keystore, with its kind. Temporary files come too. */
typedef void snapshot_visit(enum part part, const char *name, enum kind kind, void *context);
enum fault snapshot_walk(const struct directory *directory, enum part part, snapshot_visit *visit, void *context)
    __attribute__((warn_unused_result));

#endif
