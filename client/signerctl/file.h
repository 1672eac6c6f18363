/* SPDX-License-Identifier: Apache-2.0 */
/* Files that signerctl reads and writes; "-" is standard input. Failures are printed. */
#ifndef CLIENT_SIGNERCTL_FILE_H
#define CLIENT_SIGNERCTL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Opens a file to read it. NULL: it failed. */
FILE *file_open(const char *path);
/* NULL and standard input are allowed and not closed. */
void file_close(FILE *file);

/* Reads an open file to its end. NULL: it failed, or the file has more than `most` bytes. The caller frees. */
uint8_t *file_read(FILE *file, const char *path, size_t most, size_t *length);

/* Writes a whole file; `path` NULL is standard output. False: it failed. */
bool file_write(const char *path, const uint8_t *bytes, size_t length);

#endif
