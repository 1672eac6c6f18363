/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/roles.h"

#include <stdio.h>
#include <string.h>

bool roles_add(struct roles *roles, const struct grant *grant)
{
    if (roles->count == GRANTS_MAX)
        return false;
    roles->grants[roles->count++] = *grant;
    return true;
}

bool roles_have_groups(const struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->grants[i].is_group)
            return true;
    return false;
}

static bool is_in(const gid_t *groups, size_t count, gid_t wanted)
{
    for (size_t i = 0; i < count; i++)
        if (groups[i] == wanted)
            return true;
    return false;
}

static bool applies(const struct roles *roles, const struct grant *grant, uid_t uid, const gid_t *groups, size_t count)
{
    if (!grant->is_group)
        return grant->id == uid;
    return grant->id != roles->overflow && is_in(groups, count, grant->id);
}

static void add_grant(const struct roles *roles, size_t index, struct rights *out)
{
    const struct grant *grant = &roles->grants[index];
    out->grants[index / 32] |= 1u << index % 32;
    for (unsigned role = 0; role < ROLE_COUNT; role++)
        if ((grant->roles >> role & 1) && grant->patterns[role][0] == '\0')
            out->all |= 1u << role;
}

bool roles_of(const struct roles *roles, uid_t uid, const gid_t *groups, size_t group_count, struct rights *out)
{
    bool let_in = uid == roles->self || uid == 0;
    *out = (struct rights){ 0 };
    if (uid == roles->overflow)
        return false;
    if (uid == roles->self)
        out->all = ROLE_SIGN | ROLE_ADMIN | ROLE_OPERATOR | ROLE_MONITOR;
    else if (uid == 0)
        out->all = ROLE_OPERATOR | ROLE_MONITOR;
    for (size_t i = 0; i < roles->count; i++)
        if (applies(roles, &roles->grants[i], uid, groups, group_count)) {
            add_grant(roles, i, out);
            let_in = true;
        }
    return let_in;
}

static bool has_grant(const struct rights *rights, size_t index)
{
    return rights->grants[index / 32] >> index % 32 & 1;
}

bool roles_may(const struct roles *roles, const struct rights *rights, unsigned any_of, const char *id)
{
    if (rights->all & any_of)
        return true;
    for (size_t i = 0; i < roles->count; i++)
        for (unsigned role = 0; has_grant(rights, i) && role < ROLE_COUNT; role++)
            if ((any_of >> role & 1) && grant_covers(&roles->grants[i], role, id))
                return true;
    return false;
}

/* -- telling -- */

struct list {
    char *space;
    size_t size, used;
    const char **out;
    size_t count, most;
};

static void tell(struct list *list, const char *name, const char *pattern)
{
    char text[GRANT_PATTERN + 16];
    size_t length = (size_t)snprintf(text, sizeof text, "%s%s%s", name, *pattern ? "=" : "", pattern);
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->out[i], text) == 0)
            return;
    if (list->count == list->most || length + 1 > list->size - list->used)
        return;
    list->out[list->count++] = memcpy(list->space + list->used, text, length + 1);
    list->used += length + 1;
}

size_t roles_list(const struct roles *roles, const struct rights *rights, char *space, size_t size, const char **out,
                  size_t most)
{
    struct list list = { .space = space, .size = size, .out = out, .most = most };
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        if (rights->all >> role & 1) {
            tell(&list, grant_role_name(role), "");
            continue; /* no pattern adds to that */
        }
        for (size_t i = 0; i < roles->count; i++)
            if (has_grant(rights, i) && (roles->grants[i].roles >> role & 1))
                tell(&list, grant_role_name(role), roles->grants[i].patterns[role]);
    }
    return list.count;
}
