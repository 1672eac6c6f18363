/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/uri.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { ID_MAX = 64 };

static bool is_first(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_id(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return length > 0 && length <= ID_MAX && text[length] == '\0' && is_first(text[0]);
}

const char *uri_id(const char *uri)
{
    static const char scheme[] = "signer:";
    if (strncasecmp(uri, scheme, sizeof scheme - 1) != 0)
        return NULL;
    const char *id = uri + sizeof scheme - 1;
    if (strncmp(id, "//", 2) == 0)
        id += 2;
    return is_id(id) ? id : NULL;
}
