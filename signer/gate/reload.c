/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/reload.h"

#include <string.h>

#include "signer/gate/admission.h"
#include "signer/process/log.h"

bool reload_combine(const struct roles *base, const uint8_t *body, size_t length, struct roles *out)
{
    struct grant grant;
    *out = *base;
    for (size_t at = 0; at < length; at += sizeof grant) {
        if (length - at < sizeof grant)
            return false;
        memcpy(&grant, body + at, sizeof grant);
        for (unsigned role = 0; role < ROLE_COUNT; role++)
            if (grant.patterns[role][GRANT_PATTERN - 1] != '\0')
                return false;
        if (!roles_add(out, &grant))
            return false;
    }
    return true;
}

static void on_read(void *context, const struct message *answer, const uint8_t *body)
{
    static struct roles roles;
    struct gate *gate = context;
    gate->rereading = false;
    if (gate->reread_again) { /* the answer is of a file that may be an older one */
        reload_begin(gate);
        return;
    }
    if (answer->status) {
        log_error("%.*s; nothing of the file is taken, and what it granted before stays", (int)answer->length,
                  (const char *)body);
    } else if (!reload_combine(&gate->setup->roles, body, answer->length, &roles)) {
        log_error("%s: --allow and the file are more than %d grants; what it granted before stays",
                  gate->setup->access_file, GRANTS_MAX);
    } else {
        gate->roles = roles;
        admission_judge_again(gate);
        log_line("read %s again: %zu grants", gate->setup->access_file, roles.count - gate->setup->roles.count);
    }
}

void reload_begin(struct gate *gate)
{
    if (!gate->setup->access_file) {
        log_warning("SIGHUP: there is no file of --access to read again");
    } else if (gate->rereading) {
        gate->reread_again = true;
    } else {
        gate->rereading = true;
        gate->reread_again = false;
        workers_ask_access(&gate->workers, on_read, gate);
    }
}
