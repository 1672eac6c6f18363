/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/share/known_sets.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "ceremony/tool/tool.h"
#include "keystore/files/records.h"

enum fault known_sets_add(struct known_sets *known, const uint8_t *bytes, size_t length)
{
    struct share_set *grown = reallocarray(known->sets, known->count + 1, sizeof *grown);
    if (!grown)
        return FAULT_MEMORY;
    known->sets = grown;
    enum fault fault = share_set_parse(bytes, length, &known->sets[known->count]);
    known->count += fault == FAULT_NONE;
    return fault;
}

static enum fault add_record(struct known_sets *known, const struct directory *directory, const char *name,
                             uint8_t *bytes)
{
    size_t length;
    enum fault fault = records_read(directory, name, bytes, SHARE_SET_FILE_MAX, &length);
    if (!fault)
        fault = known_sets_add(known, bytes, length);
    if (fault && fault != FAULT_MEMORY) {
        tool_refuse(fault, name);
        fault = FAULT_NONE; /* skip it: no recovery needs a record */
    }
    return fault;
}

enum fault known_sets_of_keystore(struct known_sets *known, const struct directory *directory)
{
    struct record_list list;
    uint8_t *bytes = malloc(SHARE_SET_FILE_MAX);
    enum fault fault = bytes ? records_list(directory, "set-", &list) : FAULT_MEMORY;
    if (!fault) {
        for (size_t i = 0; i < list.count && !fault; i++)
            fault = add_record(known, directory, list.names[i], bytes);
        records_free(&list);
    }
    free(bytes);
    return fault;
}

enum fault known_sets_of_file(struct known_sets *known, const char *path)
{
    uint8_t *bytes = malloc(SHARE_SET_FILE_MAX + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum fault fault = !bytes ? FAULT_MEMORY : fd < 0 ? FAULT_FILE_MISSING : FAULT_NONE;
    ssize_t length = fault ? 0 : io_read_to_end(fd, bytes, SHARE_SET_FILE_MAX + 1);
    if (!fault)
        fault = length < 0 ? FAULT_STORE_IO : known_sets_add(known, bytes, (size_t)length);
    if (fd >= 0)
        close(fd);
    free(bytes);
    return fault;
}

void known_sets_free(struct known_sets *known)
{
    free(known->sets);
    *known = (struct known_sets){ 0 };
}

struct share_set *known_sets_find(const struct known_sets *known, const struct slip39_share *share)
{
    for (size_t i = 0; i < known->count; i++)
        if (share_set_has_id(&known->sets[i], share))
            return &known->sets[i];
    return NULL;
}

unsigned known_sets_verified(const struct known_sets *known, const struct kek_id *kek)
{
    unsigned newest = 0;
    for (size_t i = 0; i < known->count; i++) {
        const struct share_set *set = &known->sets[i];
        if (kek_id_equal(&set->kek, kek) && share_set_is_verified(set) && set->generation > newest)
            newest = set->generation;
    }
    return newest;
}

unsigned known_sets_newest(const struct known_sets *known, const struct kek_id *kek)
{
    unsigned newest = 0;
    for (size_t i = 0; i < known->count; i++)
        if (kek_id_equal(&known->sets[i].kek, kek) && known->sets[i].generation > newest)
            newest = known->sets[i].generation;
    return newest;
}

bool known_sets_has_id(const struct known_sets *known, uint16_t set)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->sets[i].set == set)
            return true;
    return false;
}

bool known_sets_superseded(const struct known_sets *known, const struct share_set *set)
{
    return known_sets_verified(known, &set->kek) > set->generation;
}
