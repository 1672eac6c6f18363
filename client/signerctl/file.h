/* Files that the command reads and writes; "-" is standard input. Failures are reported. */
#ifndef CLIENT_SIGNERCTL_FILE_H
#define CLIENT_SIGNERCTL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* NULL after a failure. */
FILE *file_open(const char *path);
void file_close(FILE *file);

/* Reads to the end of an open file, at most `most` bytes. The caller frees; NULL after a failure
 * or if there is more. */
uint8_t *file_read(FILE *file, const char *path, size_t most, size_t *length);

/* Writes a whole file, or standard output where `path` is NULL. */
bool file_write(const char *path, const uint8_t *bytes, size_t length);

#endif
