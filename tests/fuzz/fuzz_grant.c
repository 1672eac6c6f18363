/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the file of --access: it is refused with a reason, or it is a grant within its bounds. */
#include <stdlib.h>
#include <string.h>

#include "keystore/key/key_id.h"
#include "signer/ipc/grant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool look_up(const void *context, const char *name, bool is_group, uint32_t *id)
{
    (void)context;
    *id = (uint32_t)strlen(name) + is_group;
    return name[0] != 'x';
}

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[1024];
    struct grant grant;
    const char *why = NULL;
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (!grant_parse(text, look_up, NULL, &grant, &why)) {
        must(why != NULL);
        return 0;
    }
    must(grant.is_group <= 1 && grant.roles < 1u << ROLE_COUNT);
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        const char *pattern = grant.patterns[role];
        size_t length = strnlen(pattern, GRANT_PATTERN);
        must(length < GRANT_PATTERN && (length == 0 || ((grant.roles & ROLES_OF_KEYS) >> role & 1)));
        must(length == 0 || pattern[length - 1] == '*' || key_id_valid(pattern));
    }
    return 0;
}
