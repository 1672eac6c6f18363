/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/roles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[ROLE_COUNT] = { "sign", "admin", "operator" };

const char *roles_name(unsigned index)
{
    return index < ROLE_COUNT ? names[index] : NULL;
}

/* The bit of the role that `text` begins with, or ROLE_NONE; *length is the name's. */
static unsigned role_at(const char *text, size_t *length)
{
    *length = strcspn(text, ",");
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        if (strlen(names[i]) == *length && strncmp(names[i], text, *length) == 0)
            return 1u << i;
    return ROLE_NONE;
}

static bool read_roles(const char *text, unsigned *mask)
{
    for (*mask = ROLE_NONE; *text == ',';) {
        size_t length;
        unsigned role = role_at(text + 1, &length);
        if (role == ROLE_NONE)
            return false;
        *mask |= role;
        text += 1 + length;
    }
    return *text == '\0';
}

bool roles_allow(struct roles *roles, const char *argument)
{
    static const char prefix[] = "uid=";
    char *end;
    unsigned mask;
    const char *digits = argument + strlen(prefix);
    if (strncmp(argument, prefix, strlen(prefix)) != 0 || *digits < '0' || *digits > '9')
        return false;
    errno = 0;
    unsigned long uid = strtoul(digits, &end, 10);
    if (errno != 0 || uid >= (uid_t)-1 || !read_roles(end, &mask) || roles->count == ROLES_ALLOWED_MAX)
        return false;
    roles->allowed[roles->count].uid = (uid_t)uid;
    roles->allowed[roles->count++].mask = mask;
    return true;
}

bool roles_of(const struct roles *roles, uid_t uid, unsigned *mask)
{
    bool let_in = false;
    *mask = ROLE_NONE;
    if (uid == roles->overflow)
        return false;
    if (uid == roles->self) {
        *mask = ROLE_SIGN | ROLE_ADMIN | ROLE_OPERATOR;
        let_in = true;
    } else if (uid == 0) {
        *mask = ROLE_OPERATOR;
        let_in = true;
    }
    for (size_t i = 0; i < roles->count; i++)
        if (roles->allowed[i].uid == uid) {
            *mask |= roles->allowed[i].mask;
            let_in = true;
        }
    return let_in;
}
