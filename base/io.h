/* Whole reads and writes on descriptors that wait: interrupted calls and short counts are seen to here, and
 * errno says why a call failed. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Writes all of it. */
bool io_write_all(int fd, const void *data, size_t length) __attribute__((warn_unused_result));

/* Reads exactly `length` bytes. False at an error, and where the end comes first: errno is 0 then. */
bool io_read_exactly(int fd, void *out, size_t length) __attribute__((warn_unused_result));

/* The same at an offset; the position stays. */
bool io_read_exactly_at(int fd, void *out, size_t length, uint64_t offset) __attribute__((warn_unused_result));

/* Reads until the end, `capacity` bytes at most: the number read, or -1. Who must know that there is no more
 * gives room for one byte beyond what is allowed. */
ssize_t io_read_to_end(int fd, void *out, size_t capacity) __attribute__((warn_unused_result));

/* What there is now, at least one byte: the number read, 0 at the end, or -1. */
ssize_t io_read_some(int fd, void *out, size_t capacity);

#endif
