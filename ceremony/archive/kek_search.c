/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/archive/kek_search.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "keystore/kek/kek_file.h"
#include "keystore/kek/kek_protect.h"
#include "keystore/memory/arena.h"

/* In the arena, since the bytes may be a KEK. */
struct search {
    uint8_t bytes[KEK_FILE_MAX];
    struct kek kek;
};

static bool is_kek_of(struct search *search, size_t length, const struct header *header)
{
    struct kek_id id;
    if (kek_from_file(search->bytes, length, &search->kek) == FAULT_NONE)
        id = search->kek.id;
    else if (!kek_protect_read_id(search->bytes, length, &id))
        return false;
    return header_find(header, &id) != NULL;
}

static bool look(struct search *search, int dir, const char *name, const struct header *header)
{
    struct stat status;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool holds = false;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= KEK_FILE_MAX) {
        ssize_t length = io_read_to_end(fd, search->bytes, sizeof search->bytes);
        holds = length > 0 && is_kek_of(search, (size_t)length, header);
    }
    if (fd >= 0)
        close(fd);
    return holds;
}

enum fault kek_search_look(int dir, const char *name, const struct header *header, bool *is_one)
{
    struct search *search = arena_alloc(sizeof *search);
    *is_one = search && look(search, dir, name, header);
    enum fault fault = search ? FAULT_NONE : FAULT_MEMORY;
    arena_free(search); /* freeing wipes */
    return fault;
}
