/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a KEK from its source: a path, `fd:N`, or `credential:NAME` (a file in systemd's $CREDENTIALS_DIRECTORY). Only
 * for a process that has opened the arena. */
#ifndef KEYSTORE_KEK_KEK_FILE_H
#define KEYSTORE_KEK_KEK_FILE_H

#include <stdbool.h>

#include "keystore/kek/kek.h"

/* Reads and parses a KEK into `kek`, which is in the arena. A path must be a regular file that belongs to this user or
 * root and grants no access to group and others. A credential may have any owner and grant access to its group. A
 * descriptor is not checked. FAULT_KEK_MISSING, FAULT_FILE_IRREGULAR, FAULT_FILE_OWNER, FAULT_FILE_MODE,
 * FAULT_STORE_IO, FAULT_MEMORY, or a fault of kek_from_file. */
enum fault kek_file_read(const char *source, struct kek *kek) __attribute__((warn_unused_result));

/* FAULT_KEK_MISSING if the source is a descriptor that is not open, or a path that does not exist. Call it before
 * opening other files, which could get the descriptor's number. */
enum fault kek_file_exists(const char *source) __attribute__((warn_unused_result));

/* FAULT_KEK_INSIDE_KEYSTORE if the source is a file in the directory or below it; FAULT_NONE if it is not, or if the
 * paths cannot be resolved. */
enum fault kek_file_is_apart(const char *source, const char *keystore) __attribute__((warn_unused_result));

/* Writes the path of a source to `out`, which holds PATH_MAX bytes; for a descriptor its path in /proc/self/fd. False:
 * the path is too long, or there is no such credential name. */
bool kek_file_path(const char *source, char *out) __attribute__((warn_unused_result));

/* The descriptor of an `fd:N` source; -1 for other sources or if N is not a number. */
int kek_file_descriptor(const char *source);

#endif
