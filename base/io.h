/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes on blocking descriptors: EINTR and short counts are handled here, and errno says why a
 * call failed. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Writes all `length` bytes. False: an error. */
bool io_write_all(int fd, const void *data, size_t length) __attribute__((warn_unused_result));

/* Reads exactly `length` bytes. False: an error, or the end came first, in which case errno is 0. */
bool io_read_exactly(int fd, void *out, size_t length) __attribute__((warn_unused_result));

/* The same at an offset (pread): the file offset does not move. */
bool io_read_exactly_at(int fd, void *out, size_t length, uint64_t offset) __attribute__((warn_unused_result));

/* Reads until the end, at most `capacity` bytes. Returns the number read, or -1. To detect data over a limit, pass
 * a capacity one byte above it. */
ssize_t io_read_to_end(int fd, void *out, size_t capacity) __attribute__((warn_unused_result));

/* One read of at most `capacity` bytes, blocking until there is at least one. Returns the number read, 0 at the end,
 * or -1. */
ssize_t io_read_some(int fd, void *out, size_t capacity);

#endif
