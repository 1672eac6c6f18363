/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/damage.h"

#include <inttypes.h>
#include <string.h>

#include "signer/process/log.h"

static const struct kind {
    enum fault fault;
    const char *counter;
    bool of_store; /* not of one key */
} kinds[DAMAGE_KINDS] = {
    { FAULT_KEY_TAMPERED, "damage_key_tampered", false },
    { FAULT_KEY_LOST, "damage_key_lost", false },
    { FAULT_KEY_CORRUPT, "damage_key_corrupt", false },
    { FAULT_KEY_FOREIGN, "damage_key_foreign", false },
    { FAULT_KEY_MISNAMED, "damage_key_misnamed", false },
    { FAULT_KEY_NEWER, "damage_key_newer", false },
    { FAULT_KEK_MISMATCH, "damage_kek_mismatch", false },
    { FAULT_CERTIFICATE_OTHER_KEY, "damage_certificate_other_key", false },
    { FAULT_CERTIFICATE_INVALID, "damage_certificate_invalid", false },
    { FAULT_FILE_IRREGULAR, "damage_file_irregular", false },
    { FAULT_FILE_OWNER, "damage_file_owner", false },
    { FAULT_FILE_MODE, "damage_file_mode", false },
    { FAULT_FILE_LINKED, "damage_file_linked", false },
    { FAULT_FILE_TOO_LARGE, "damage_file_too_large", false },
    { FAULT_STORE_UNSUPPORTED, "damage_store_unsupported", true },
    { FAULT_STORE_FULL, "damage_store_full", true },
    { FAULT_STORE_READ_ONLY, "damage_store_read_only", true },
    { FAULT_LOCK_MISSING, "damage_lock_missing", true },
    { FAULT_STORE_IO, "damage_store_io", false },
    { FAULT_STORE_UNSYNCED, "damage_store_unsynced", true },
    { FAULT_CRYPTO, "damage_crypto", false },
};

enum fault damage_fault(size_t kind)
{
    return kinds[kind].fault;
}

const char *damage_counter(size_t kind)
{
    return kinds[kind].counter;
}

static const struct kind *find_kind(enum fault fault)
{
    const struct kind *kind = kinds;
    while (kind < kinds + DAMAGE_KINDS && kind->fault != fault)
        kind++;
    return kind < kinds + DAMAGE_KINDS ? kind : NULL;
}

static struct damage_entry *find(struct damage *damage, const struct key_id *id, enum fault fault)
{
    struct damage_entry *entry = damage->entries;
    while (entry < damage->entries + damage->count && (entry->fault != fault || strcmp(entry->id.text, id->text) != 0))
        entry++;
    return entry < damage->entries + damage->count ? entry : NULL;
}

static struct damage_entry *add(struct damage *damage, const struct key_id *id, enum fault fault)
{
    size_t at = damage->next++ % DAMAGE_REMEMBERED;
    if (damage->count < DAMAGE_REMEMBERED)
        at = damage->count++;
    damage->entries[at] = (struct damage_entry){ .id = *id, .fault = fault };
    return &damage->entries[at];
}

/* The first time, and then ever more rarely: 10 times, 100 times, … */
static bool is_worth_a_line(uint64_t times)
{
    while (times % 10 == 0)
        times /= 10;
    return times == 1;
}

void damage_note(struct damage *damage, const struct key_id *id, enum fault fault, uid_t uid, const char *sentence)
{
    static const struct key_id store;
    const struct kind *kind = find_kind(fault);
    if (!kind)
        return;
    damage->counts[kind - kinds]++;
    if (kind->of_store)
        id = &store;
    struct damage_entry *entry = find(damage, id, fault);
    if (!entry)
        entry = add(damage, id, fault);
    if (!is_worth_a_line(++entry->times))
        return;
    if (entry->times == 1)
        log_error("%s: uid %u was refused: %s", fault_name(fault), uid, sentence);
    else
        log_error("%s: %" PRIu64 " times by now: uid %u was refused: %s", fault_name(fault), entry->times, uid,
                  sentence);
}

static void drop(struct damage *damage, struct damage_entry *entry)
{
    *entry = damage->entries[--damage->count];
}

static void clear(struct damage *damage, const char *id)
{
    for (size_t i = damage->count; i-- > 0;)
        if (strcmp(damage->entries[i].id.text, id) == 0)
            drop(damage, &damage->entries[i]);
}

void damage_clear_key(struct damage *damage, const struct key_id *id)
{
    for (size_t i = damage->count; i-- > 0;)
        if (strcmp(damage->entries[i].id.text, id->text) == 0 && damage->entries[i].fault != FAULT_CERTIFICATE_OTHER_KEY
            && damage->entries[i].fault != FAULT_CERTIFICATE_INVALID)
            drop(damage, &damage->entries[i]);
}

void damage_clear(struct damage *damage, const struct key_id *id)
{
    if (damage->count > 0)
        clear(damage, id->text);
}

/* A failed sync stays: nothing is written until a restart. */
void damage_clear_store(struct damage *damage)
{
    for (size_t i = damage->count; i-- > 0;)
        if (damage->entries[i].id.text[0] == '\0' && damage->entries[i].fault != FAULT_STORE_UNSYNCED)
            drop(damage, &damage->entries[i]);
}

enum fault damage_of(const struct damage *damage, const struct key_id *id)
{
    for (size_t i = damage->count; i-- > 0;)
        if (strcmp(damage->entries[i].id.text, id->text) == 0)
            return damage->entries[i].fault;
    return FAULT_NONE;
}

bool damage_has(const struct damage *damage, enum fault fault)
{
    for (size_t i = 0; i < damage->count; i++)
        if (damage->entries[i].fault == fault)
            return true;
    return false;
}
