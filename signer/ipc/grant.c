/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ipc/grant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/key/key_id.h"

enum { NAME_MAX_LENGTH = 255 };

static const char *const names[ROLE_COUNT] = { "sign", "admin", "operator", "monitor" };

const char *grant_role_name(unsigned index)
{
    return index < ROLE_COUNT ? names[index] : NULL;
}

/* One item of the text, up to a comma or the end. */
struct item {
    const char *at;
    size_t length;
};

static bool begins(struct item item, const char *prefix)
{
    return item.length >= strlen(prefix) && strncmp(item.at, prefix, strlen(prefix)) == 0;
}

static struct item rest_of(struct item item, size_t skip)
{
    return (struct item){ item.at + skip, item.length - skip };
}

static bool copy(struct item item, char *out, size_t size)
{
    if (item.length >= size)
        return false;
    memset(out, 0, size);
    memcpy(out, item.at, item.length);
    return true;
}

/* -- who -- */

static bool read_number(struct item item, uint32_t *out)
{
    char digits[16], *end;
    if (item.length == 0 || !copy(item, digits, sizeof digits) || strspn(digits, "0123456789") != item.length)
        return false;
    errno = 0;
    unsigned long value = strtoul(digits, &end, 10);
    *out = (uint32_t)value;
    return errno == 0 && value < UINT32_MAX; /* the last number means "no id" to the kernel */
}

static bool find(struct item item, grant_lookup *lookup, const void *context, struct grant *out)
{
    char name[NAME_MAX_LENGTH + 1];
    return item.length > 0 && copy(item, name, sizeof name) && lookup(context, name, out->is_group, &out->id);
}

static const char *read_who(struct item item, grant_lookup *lookup, const void *context, struct grant *out)
{
    out->is_group = begins(item, "gid=") || begins(item, "group=");
    if (begins(item, "uid=") || begins(item, "gid="))
        return read_number(rest_of(item, 4), &out->id) ? NULL : "this is no number of a user or group";
    if (begins(item, "user="))
        return find(rest_of(item, 5), lookup, context, out) ? NULL : "there is no such user";
    if (begins(item, "group="))
        return find(rest_of(item, 6), lookup, context, out) ? NULL : "there is no such group";
    return "it must begin with uid=N, user=NAME, gid=N or group=NAME";
}

/* -- what for -- */

/* An id, or a prefix and '*'. "*" alone is all keys, which has one form: no pattern. */
static bool read_pattern(struct item item, char out[static GRANT_PATTERN])
{
    bool is_prefix = item.length > 0 && item.at[item.length - 1] == '*';
    char prefix[KEY_ID_SIZE + 1];
    if (is_prefix && item.length == 1)
        return true;
    if (!copy((struct item){ item.at, item.length - is_prefix }, prefix, sizeof prefix) || !key_id_valid(prefix))
        return false;
    return copy(item, out, GRANT_PATTERN);
}

static const char *read_role(struct item item, struct grant *out)
{
    unsigned index = 0;
    char pattern[GRANT_PATTERN] = "";
    size_t length = 0;
    while (length < item.length && item.at[length] != '=')
        length++;
    while (index < ROLE_COUNT && (strlen(names[index]) != length || strncmp(names[index], item.at, length) != 0))
        index++;
    if (index == ROLE_COUNT)
        return "a role is sign, admin, operator or monitor";
    if (length < item.length && (1u << index & ROLES_OF_KEYS) == 0)
        return "only sign and admin are for some keys";
    if (length < item.length && !read_pattern(rest_of(item, length + 1), pattern))
        return "after sign= and admin= comes a key id, or the beginning of ids and *";
    if (out->roles & 1u << index)
        return "a role is named twice; write a second grant";
    out->roles |= 1u << index;
    memcpy(out->patterns[index], pattern, sizeof pattern);
    return NULL;
}

static struct item next_item(const char **text)
{
    struct item item = { *text, strcspn(*text, ",") };
    *text += item.length;
    return item;
}

bool grant_parse(const char *text, grant_lookup *lookup, const void *context, struct grant *out, const char **why)
{
    memset(out, 0, sizeof *out);
    *why = read_who(next_item(&text), lookup, context, out);
    while (!*why && *text == ',') {
        text++;
        *why = read_role(next_item(&text), out);
    }
    return *why == NULL;
}

bool grant_covers(const struct grant *grant, unsigned index, const char *id)
{
    const char *pattern = grant->patterns[index];
    size_t length = strlen(pattern);
    if ((grant->roles >> index & 1) == 0)
        return false;
    if (length == 0 || !id)
        return true;
    return pattern[length - 1] == '*' ? strncmp(pattern, id, length - 1) == 0 : strcmp(pattern, id) == 0;
}
