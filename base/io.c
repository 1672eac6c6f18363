/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include <errno.h>
#include <unistd.h>

bool io_write_all(int fd, const void *data, size_t length)
{
    for (const uint8_t *at = data; length > 0;) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

ssize_t io_read_some(int fd, void *out, size_t capacity)
{
    ssize_t n;
    do
        n = read(fd, out, capacity);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t io_read_to_end(int fd, void *out, size_t capacity)
{
    size_t done = 0;
    while (done < capacity) {
        ssize_t n = io_read_some(fd, (uint8_t *)out + done, capacity - done);
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

bool io_read_exactly(int fd, void *out, size_t length)
{
    ssize_t n = io_read_to_end(fd, out, length);
    if (n >= 0 && (size_t)n < length)
        errno = 0;
    return n >= 0 && (size_t)n == length;
}

bool io_read_exactly_at(int fd, void *out, size_t length, uint64_t offset)
{
    for (uint8_t *at = out; length > 0;) {
        ssize_t n = pread(fd, at, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = 0;
        if (n <= 0)
            return false;
        at += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return true;
}
