/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/scratch.h"

#include <string.h>

void *scratch_alloc(struct scratch *scratch, size_t size)
{
    if (size > scratch->size - scratch->used || size > SIZE_MAX - 15)
        return NULL;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded > scratch->size - scratch->used)
        return NULL;
    void *block = scratch->bytes + scratch->used;
    scratch->used += rounded;
    return block;
}

void scratch_reset(struct scratch *scratch)
{
    explicit_bzero(scratch->bytes, scratch->used);
    scratch->used = 0;
}
