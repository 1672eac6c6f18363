/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/protections.h"

#include <stdio.h>
#include <string.h>

#include "keystore/memory/arena.h"

/* -- merging -- */

static uint32_t weaker(uint32_t a, uint32_t b)
{
    if (a == NOT_IN_FORCE || b == NOT_IN_FORCE)
        return NOT_IN_FORCE;
    return a == ONLY_LOGGED ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void weaken_memory(struct protections *all, const struct protections *room)
{
    if (room->memory == ARENA_NONE)
        return;
    if (all->memory == ARENA_NONE || room->memory > all->memory)
        all->memory = room->memory; /* enum arena_kind is ordered from the strongest to the weakest */
    all->arena_size = all->arena_size ? smaller(all->arena_size, room->arena_size) : room->arena_size;
}

void protections_weaken(struct protections *all, const struct protections *room)
{
    all->seccomp = weaker(all->seccomp, room->seccomp);
    all->landlock = weaker(all->landlock, room->landlock);
    all->landlock_abi = smaller(all->landlock_abi, room->landlock_abi);
    all->dumpable |= room->dumpable;
    all->no_new_privs &= room->no_new_privs;
    all->capabilities |= room->capabilities;
    all->uid = smaller(all->uid, room->uid);
    weaken_memory(all, room);
}

/* -- reporting -- */

static const char *enforcement_name(uint32_t enforcement)
{
    if (enforcement == IN_FORCE)
        return "yes";
    return enforcement == ONLY_LOGGED ? "NOT enforced" : "no";
}

static void put(struct protection_label *label, const char *name, const char *value)
{
    label->name = name;
    snprintf(label->value, sizeof label->value, "%s", value);
}

static void put_landlock(struct protection_label *label, const struct protections *protections)
{
    put(label, "landlock", enforcement_name(protections->landlock));
    if (protections->landlock == IN_FORCE)
        snprintf(label->value, sizeof label->value, "ABI %u", protections->landlock_abi);
}

void protections_label(const struct protections *protections, struct protection_label out[static PROTECTION_LABELS])
{
    put(out++, "seccomp", enforcement_name(protections->seccomp));
    put_landlock(out++, protections);
    put(out++, "key_memory", arena_kind_name((enum arena_kind)protections->memory));
    put(out++, "key_memory_locked", protections->memory == ARENA_UNLOCKED ? "no" : "yes");
    snprintf(out->value, sizeof out->value, "%u KiB", protections->arena_size / 1024);
    out++->name = "key_memory_size";
    put(out++, "dumpable", protections->dumpable ? "yes" : "no");
    put(out++, "no_new_privs", protections->no_new_privs ? "yes" : "no");
    put(out++, "capabilities", protections->capabilities ? "some" : "none");
    snprintf(out->value, sizeof out->value, "%u", protections->uid);
    out->name = "uid";
}

void protections_line(const struct protections *protections, char out[static PROTECTIONS_LINE])
{
    struct protection_label labels[PROTECTION_LABELS];
    size_t used = 0;
    protections_label(protections, labels);
    for (size_t i = 0; i < PROTECTION_LABELS; i++)
        used += (size_t)snprintf(out + used, PROTECTIONS_LINE - used, "%s%s=%s", i ? ", " : "", labels[i].name,
                                 labels[i].value);
}

/* -- requiring -- */

static bool has_seccomp(const struct protections *protections)
{
    return protections->seccomp == IN_FORCE;
}

static bool has_landlock(const struct protections *protections)
{
    return protections->landlock == IN_FORCE;
}

static bool has_secret_memory(const struct protections *protections)
{
    return protections->memory == ARENA_SECRET || protections->memory == ARENA_NONE;
}

static bool has_locked_memory(const struct protections *protections)
{
    return protections->memory != ARENA_UNLOCKED;
}

static bool is_unprivileged(const struct protections *protections)
{
    return protections->uid != 0;
}

static const struct {
    const char *name;
    bool (*holds)(const struct protections *protections);
} requirements[] = {
    { "seccomp", has_seccomp },      { "landlock", has_landlock },        { "memfd_secret", has_secret_memory },
    { "locked", has_locked_memory }, { "unprivileged", is_unprivileged },
};

enum { REQUIREMENTS = sizeof requirements / sizeof *requirements };

bool protections_require(uint32_t *required, const char *name)
{
    for (unsigned i = 0; i < REQUIREMENTS; i++)
        if (strcmp(requirements[i].name, name) == 0) {
            *required |= 1u << i;
            return true;
        }
    return false;
}

const char *protections_missing(const struct protections *protections, uint32_t required)
{
    for (unsigned i = 0; i < REQUIREMENTS; i++)
        if ((required >> i & 1) && !requirements[i].holds(protections))
            return requirements[i].name;
    return NULL;
}
