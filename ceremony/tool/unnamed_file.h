/* SPDX-License-Identifier: Apache-2.0 */
/* A file that has no name until it is whole (O_TMPFILE): if the process is killed before, nothing is there. For files
 * with shares. */
#ifndef CEREMONY_TOOL_UNNAMED_FILE_H
#define CEREMONY_TOOL_UNNAMED_FILE_H

#include <stddef.h>

#include "keystore/fault.h"

struct unnamed_file {
    int dir, fd;
};

/* Writes and syncs the bytes in the directory's file system, mode 0600, and reads them back. FAULT_STORE_UNSUPPORTED:
 * this file system has no such files. */
enum fault unnamed_file_make(struct unnamed_file *file, int dir, const void *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Gives it its name, which must be free (FAULT_FILE_EXISTS), and syncs the directory. FAULT_STORE_UNSYNCED: it has the
 * name, but may be gone after a power cut. FAULT_STORE_UNSUPPORTED: there is no way to name it here. */
enum fault unnamed_file_link(const struct unnamed_file *file, const char *name) __attribute__((warn_unused_result));

/* Without a name it is gone now. */
void unnamed_file_close(struct unnamed_file *file);

/* All of it. Where this file system has no unnamed files it is file_publish, whose temporary name a kill can leave:
 * leftovers.h finds it. */
enum fault unnamed_file_publish(int dir, const char *name, const void *bytes, size_t length)
    __attribute__((warn_unused_result));

#endif
