/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/arena_memory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t locked_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max; /* raising the soft limit to the hard one needs no privilege */
    (void)setrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return limit.rlim_cur > ARENA_STACK ? (size_t)limit.rlim_cur - ARENA_STACK : 0;
}

/* An address range with a guard page before and after it. */
static uint8_t *reserve(size_t size, size_t page)
{
    uint8_t *range = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return range == MAP_FAILED ? NULL : range + page;
}

static bool map_secret(uint8_t *at, size_t size)
{
    int fd = (int)syscall(SYS_memfd_secret, (unsigned)O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = ftruncate(fd, (off_t)size) == 0
        && mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == at;
    close(fd);
    if (ok)
        memset(at, 0, size); /* populates every page now: a page fault that fails later would be fatal */
    return ok;
}

static bool map_plain(uint8_t *at, size_t size)
{
    return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at;
}

static enum arena_kind map_over(uint8_t *at, size_t size, bool lockable)
{
    if (lockable && map_secret(at, size))
        return ARENA_SECRET;
    if (!map_plain(at, size))
        return ARENA_NONE;
    (void)madvise(at, size, MADV_DONTDUMP);
    return lockable && mlock(at, size) == 0 ? ARENA_LOCKED : ARENA_UNLOCKED;
}

struct arena_memory arena_memory_map(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), limit = locked_limit();
    bool lockable = limit >= (size < ARENA_USEFUL ? size : ARENA_USEFUL);
    if (lockable && size > limit)
        size = limit;
    if (size < ARENA_MIN)
        size = ARENA_MIN;
    size = size / page * page;
    struct arena_memory memory = { .start = reserve(size, page), .size = size };
    if (!memory.start)
        return memory;
    memory.kind = map_over(memory.start, size, lockable);
    if (memory.kind == ARENA_NONE)
        return (struct arena_memory){ 0 };
    (void)madvise(memory.start, size, MADV_DONTFORK);
    return memory;
}
