/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/memory/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/memory/arena_memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif
#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#define POISON(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define POISON(at, size) ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

/* Boundary tags: a block has its own size and that of the block before it, so that neighbours can be found and
 * coalesced. Free blocks of a size class form a doubly linked list in their payloads. */
struct block {
    size_t size;                   /* header included, a multiple of 16; the low bits are the flags IN_USE and RESTS */
    size_t before;                 /* size of the block before, 0 for the first */
    struct block *next, *previous; /* free blocks only */
};

enum { IN_USE = 1, RESTS = 2, FLAGS = 15 };

/* Segregated free lists: one for each size below SMALL, and above it eight for each power of two. A vault full of keys
 * has thousands of free blocks, and loading a key allocates hundreds, so no search may visit all free blocks. */
enum {
    HEADER = 2 * sizeof(size_t),
    SMALLEST = sizeof(struct block),
    GRAIN = 16,
    SMALL = 1024, /* 2 to the power of SMALL_BITS */
    SMALL_BITS = 10,
    EXACT = SMALL / GRAIN,
    CLASSES = 192,
    WORDS = CLASSES / 64,
    TRIES = 8,           /* blocks checked in a list whose blocks may be too small */
    RESTING_BELOW = 512, /* bytes, header included */
    RESTING_MOST = 16,   /* blocks of each size */
};

/* Deferred coalescing: a signature allocates and frees some forty small blocks. A freed small block is wiped, keeps its
 * IN_USE flag so that its neighbours do not coalesce with it, and is reused for the next allocation of its size. Only
 * when an allocation finds no room are all resting blocks coalesced. */
struct resting {
    struct block *first;
    unsigned count;
};

static struct {
    uint8_t *start;
    size_t size, available, shortages;
    enum arena_kind kind;
    struct block *free_lists[CLASSES];
    uint64_t filled[WORDS]; /* bit n: list n is not empty */
    struct resting resting[RESTING_BELOW / GRAIN];
} arena;

static size_t size_of(const struct block *block)
{
    return block->size & ~(size_t)FLAGS;
}

static struct block *following(struct block *block)
{
    return (struct block *)((uint8_t *)block + size_of(block));
}

static unsigned class_of(size_t size)
{
    if (size < SMALL)
        return (unsigned)(size / GRAIN);
    unsigned bits = (unsigned)(63 - __builtin_clzl(size));
    unsigned class = EXACT + (bits - SMALL_BITS) * 8 + (unsigned)(size >> (bits - 3) & 7);
    return class < CLASSES ? class : CLASSES - 1;
}

static void list_insert(struct block *block)
{
    unsigned class = class_of(block->size);
    struct block **head = &arena.free_lists[class];
    arena.filled[class / 64] |= (uint64_t)1 << class % 64;
    block->previous = NULL;
    block->next = *head;
    if (*head)
        (*head)->previous = block;
    *head = block;
    arena.available += block->size;
}

static void list_remove(struct block *block)
{
    unsigned class = class_of(block->size);
    if (block->previous)
        block->previous->next = block->next;
    else
        arena.free_lists[class] = block->next;
    if (!arena.free_lists[class])
        arena.filled[class / 64] &= ~((uint64_t)1 << class % 64);
    if (block->next)
        block->next->previous = block->previous;
    block->next = block->previous = NULL;
    arena.available -= block->size;
}

/* -- the memory -- */

/* One free block over all of it, and an empty block in use as the end mark. */
static void lay_out(void)
{
    struct block *first = (struct block *)arena.start;
    struct block *end = (struct block *)(arena.start + arena.size - HEADER);
    first->size = arena.size - HEADER;
    end->size = HEADER | IN_USE;
    end->before = first->size;
    list_insert(first);
    POISON(first + 1, first->size - sizeof *first);
}

bool arena_open(size_t size)
{
    struct arena_memory memory = arena_memory_map(size);
    if (!memory.start)
        return false;
    arena.start = memory.start;
    arena.size = memory.size;
    arena.kind = memory.kind;
    lay_out();
    return true;
}

void arena_wipe(void)
{
    if (!arena.start)
        return;
    UNPOISON(arena.start, arena.size);
    explicit_bzero(arena.start, arena.size);
}

enum arena_kind arena_kind(void)
{
    return arena.kind;
}

const char *arena_kind_name(enum arena_kind kind)
{
    static const char *const names[] = { "none", "memfd_secret", "mlock", "unlocked" };
    return names[kind];
}

bool arena_holds(const void *block)
{
    return (const uint8_t *)block >= arena.start && (const uint8_t *)block < arena.start + arena.size;
}

size_t arena_size(void)
{
    return arena.size;
}

size_t arena_shortages(void)
{
    return arena.shortages;
}

size_t arena_available(void)
{
    return arena.available;
}

/* -- blocks -- */

/* The first block that fits among the first `tries` of a list. */
static struct block *find_in(unsigned class, size_t need, size_t tries)
{
    struct block *block = arena.free_lists[class];
    while (block && block->size < need && --tries > 0)
        block = block->next;
    return block && block->size >= need ? block : NULL;
}

/* The first non-empty list from `class` on, by bitmap; CLASSES if there is none. */
static unsigned next_filled(unsigned class)
{
    for (unsigned word = class / 64; word < WORDS; word++) {
        uint64_t bits = arena.filled[word];
        if (word == class / 64)
            bits &= ~(uint64_t)0 << class % 64;
        if (bits)
            return word * 64 + (unsigned)__builtin_ctzll(bits);
    }
    return CLASSES;
}

/* Looks briefly in the list of the block's own class, then in a larger class, where every block is large enough, and
 * only then through the whole list of its own class. */
static struct block *find(size_t need)
{
    unsigned class = class_of(need);
    struct block *block = find_in(class, need, TRIES);
    if (block || class + 1 >= CLASSES)
        return block ? block : find_in(class, need, SIZE_MAX);
    unsigned larger = next_filled(class + 1);
    return larger < CLASSES ? find_in(larger, need, SIZE_MAX) : find_in(class, need, SIZE_MAX);
}

/* Shrinks a block in use to `need` bytes; the rest becomes a free block. */
static void split(struct block *block, size_t need)
{
    size_t rest = size_of(block) - need;
    if (rest < SMALLEST)
        return;
    block->size = need | IN_USE;
    struct block *left_over = following(block);
    UNPOISON(left_over, sizeof *left_over);
    left_over->size = rest;
    left_over->before = need;
    following(left_over)->before = rest;
    list_insert(left_over);
    POISON(left_over + 1, rest - sizeof *left_over);
}

static size_t need_for(size_t size)
{
    size_t need = ((size + 15) & ~(size_t)15) + HEADER;
    return need < SMALLEST ? SMALLEST : need;
}

static struct block *reuse_resting(struct resting *resting)
{
    struct block *block = resting->first;
    if (!block)
        return NULL;
    resting->first = block->next;
    resting->count--;
    block->next = NULL;
    block->size &= ~(size_t)RESTS;
    arena.available -= size_of(block);
    return block;
}

static void unite(struct block *block);

/* Coalesces all resting blocks. False: there were none. */
static bool join_resting(void)
{
    struct block *block;
    bool some = false;
    for (size_t i = 0; i < RESTING_BELOW / GRAIN; i++)
        while ((block = reuse_resting(&arena.resting[i]))) {
            unite(block);
            some = true;
        }
    return some;
}

/* Allocates a block from the free lists and splits off what is not needed. NULL: no free block is large enough. */
static struct block *cut(size_t need)
{
    struct block *block = find(need);
    if (!block && join_resting())
        block = find(need);
    if (!block)
        return NULL;
    list_remove(block);
    block->size |= IN_USE;
    split(block, need);
    return block;
}

void *arena_alloc(size_t size)
{
    size_t need = size > arena.size ? 0 : need_for(size);
    struct block *block = need > 0 && need < RESTING_BELOW ? reuse_resting(&arena.resting[need / GRAIN]) : NULL;
    if (!block && need > 0)
        block = cut(need);
    if (!block) {
        arena.shortages++;
        return NULL;
    }
    uint8_t *payload = (uint8_t *)block + HEADER;
    UNPOISON(payload, size_of(block) - HEADER);
    POISON(payload + size, size_of(block) - HEADER - size);
    return payload;
}

static struct block *block_of(void *payload)
{
    uint8_t *at = (uint8_t *)payload - HEADER;
    if (at < arena.start || at >= arena.start + arena.size - HEADER || ((uintptr_t)at & 15) != 0)
        abort();
    struct block *block = (struct block *)at;
    if ((block->size & FLAGS) != IN_USE || block->size > arena.size)
        abort();
    return block;
}

/* Coalesces a block that is on no list with the block after it, if that is free. */
static void join_behind(struct block *block)
{
    struct block *behind = following(block);
    if (behind->size & IN_USE)
        return;
    list_remove(behind);
    block->size += behind->size;
    explicit_bzero(behind, HEADER);
}

/* Frees a wiped block and coalesces it with its free neighbours. */
static void unite(struct block *block)
{
    block->size = size_of(block);
    join_behind(block);
    if (block->before > 0) {
        struct block *before = (struct block *)((uint8_t *)block - block->before);
        if ((before->size & IN_USE) == 0) {
            list_remove(before);
            before->size += block->size;
            explicit_bzero(block, HEADER);
            block = before;
        }
    }
    following(block)->before = block->size;
    list_insert(block);
    POISON(block + 1, block->size - sizeof *block);
}

static bool rest(struct block *block)
{
    size_t size = size_of(block);
    struct resting *resting = &arena.resting[size < RESTING_BELOW ? size / GRAIN : 0];
    if (size >= RESTING_BELOW || resting->count >= RESTING_MOST)
        return false;
    block->size |= RESTS;
    block->next = resting->first;
    resting->first = block;
    resting->count++;
    arena.available += size;
    POISON(block + 1, size - sizeof *block);
    return true;
}

void arena_free(void *payload)
{
    if (!payload)
        return;
    struct block *block = block_of(payload);
    UNPOISON(payload, size_of(block) - HEADER);
    explicit_bzero(payload, size_of(block) - HEADER);
    if (!rest(block))
        unite(block);
}

void *arena_realloc(void *payload, size_t size)
{
    if (!payload)
        return arena_alloc(size);
    if (size == 0) {
        arena_free(payload);
        return NULL;
    }
    struct block *block = block_of(payload);
    size_t room = size_of(block) - HEADER;
    if (size <= room) {
        UNPOISON(payload, room);
        explicit_bzero((uint8_t *)payload + size, room - size);
        POISON((uint8_t *)payload + size, room - size);
        return payload;
    }
    void *moved = arena_alloc(size);
    if (!moved)
        return NULL;
    UNPOISON(payload, room);
    memcpy(moved, payload, room);
    arena_free(payload);
    return moved;
}
