/* SPDX-License-Identifier: Apache-2.0 */
/* SOCKET.unseal as it lies on the disk: its bytes, and who can have put them there. */
#ifndef CEREMONY_SIGNERS_KEY_FILE_H
#define CEREMONY_SIGNERS_KEY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keystore/fault.h"

struct key_file {
    uid_t owner;
    bool is_kept;        /* only root and `owner` can have written it, or put it or a directory above it there */
    bool is_run_by_root; /* its directory is right in /run, where only root makes directories */
};

/* Reads all of `path`, at most `capacity` bytes. What is told of it holds for the bytes that were read: file and
 * directories are looked at through descriptors. FAULT_FILE_MISSING, FAULT_FILE_IRREGULAR (also for a symbolic link),
 * FAULT_FILE_TOO_LARGE, FAULT_STORE_IO. */
enum fault key_file_read(const char *path, uint8_t *bytes, size_t capacity, size_t *length, struct key_file *out)
    __attribute__((warn_unused_result));

#endif
