/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/revoked_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/pki/crl.h"
#include "ceremony/run/settings.h"
#include "ceremony/tool/tool.h"

enum { SERIAL_DIGITS = 40 };

/* Cuts the first word off, and returns the rest; "" where there is none. */
static char *cut_word(char *text)
{
    char *rest = text + strcspn(text, " \t");
    if (*rest)
        *rest++ = '\0';
    return settings_trim(rest);
}

bool revoked_list_add(struct revoked_list *list, char *line)
{
    uint64_t time;
    char *when = cut_word(line), *reason = cut_word(when);
    size_t digits = strlen(line);
    if (digits == 0 || digits > SERIAL_DIGITS || strspn(line, "0123456789abcdefABCDEF") != digits
        || !time_parse(when, &time) || time == 0 || (*reason && !crl_is_reason(reason)))
        return false;
    struct plan_revoked *grown = reallocarray(list->list, list->count + 1, sizeof *grown);
    if (!grown)
        return false;
    list->list = grown;
    grown[list->count++] = (struct plan_revoked){ line, when, *reason ? reason : NULL };
    return true;
}

bool revoked_list_parse(struct revoked_list *list, const char *path, char *text)
{
    unsigned number = 1;
    for (char *line = text, *end; line; line = end, number++) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        line = settings_trim(line);
        if (*line && *line != '#' && !revoked_list_add(list, line)) {
            command_fail("%s:%u: \"%.60s\": is not allowed; allowed: " REVOKED_LIST_ALLOWED " (%s)", path, number, line,
                         crl_reasons());
            return false;
        }
    }
    return true;
}

void revoked_list_free(struct revoked_list *list)
{
    free(list->list);
    *list = (struct revoked_list){ 0, NULL };
}
