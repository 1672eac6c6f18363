/* SPDX-License-Identifier: Apache-2.0 */
#include "client/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/* The cached process id, in a page that the kernel zeroes in the child of a fork (MADV_WIPEONFORK); NULL if the kernel
 * does not support that. The page is never unmapped, because other threads may still be in a call at exit. */
static atomic_int *known;

_Static_assert(sizeof(pid_t) == sizeof(int), "the page holds an int");

static void map_page(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    if (madvise(page, size, MADV_WIPEONFORK) == 0)
        known = page;
    else
        munmap(page, size);
}

pid_t process_id(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, map_page);
    if (!known)
        return getpid();
    int id = atomic_load_explicit(known, memory_order_relaxed);
    if (id == 0) {
        id = getpid();
        atomic_store_explicit(known, id, memory_order_relaxed);
    }
    return id;
}
