/* SPDX-License-Identifier: Apache-2.0 */
/* A consistent copy in memory of everything in a keystore that is backed up. Signers go on signing; their changes to
 * the keystore wait for its lock. */
#ifndef CEREMONY_ARCHIVE_SNAPSHOT_H
#define CEREMONY_ARCHIVE_SNAPSHOT_H

#include "ceremony/archive/manifest.h"
#include "ceremony/tool/report.h"

struct snapshot {
    struct manifest manifest;
    struct header header;
    uint8_t **contents; /* of each of the manifest's files; owned */
};

/* Reads the keystore. The report gets a FAIL for each file that cannot be read or is no whole sealed key, and a WARN
 * for each stray file. False: something failed. Call snapshot_free in both cases. */
bool snapshot_make(const struct directory *directory, struct report *report, struct snapshot *out)
    __attribute__((warn_unused_result));
void snapshot_free(struct snapshot *snapshot);

/* The descriptor of one directory of the keystore. */
int snapshot_directory(const struct directory *directory, enum part part);

/* Calls `visit` with each name in one directory of the keystore and its kind, temporary files included.
 * FAULT_STORE_IO. */
typedef void snapshot_visit(enum part part, const char *name, enum kind kind, void *context);
enum fault snapshot_walk(const struct directory *directory, enum part part, snapshot_visit *visit, void *context)
    __attribute__((warn_unused_result));

#endif
