/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/run/settings.h"
#include "ceremony/tool/tool.h"
#include "keystore/key/algorithm.h"

static struct plan_key *last_key(struct plan *plan)
{
    return plan->key_count > 0 ? &plan->keys[plan->key_count - 1] : NULL;
}

static bool parse_kind(void *into, char *value)
{
    static const char *const kinds[] = { [PLAN_NEW] = "new", [PLAN_ISSUE] = "issue", [PLAN_REKEY] = "rekey" };
    struct plan *plan = into;
    bool first = plan->kind == 0;
    for (unsigned i = PLAN_NEW; i <= PLAN_REKEY; i++)
        if (strcmp(value, kinds[i]) == 0)
            plan->kind = (enum plan_kind)i;
    return first && plan->kind != 0;
}

static bool parse_ceremony(void *into, char *value)
{
    struct plan *plan = into;
    return settings_parse_once(&plan->ceremony, value) && utf8_is_name(value, PLAN_CEREMONY_MAX);
}

static bool parse_threshold(void *into, char *value)
{
    struct plan *plan = into;
    unsigned number;
    bool ok = plan->split.group_threshold == 0 && settings_parse_number(value, SHAMIR_SHARES_MAX, &number);
    if (ok)
        plan->split.group_threshold = (uint8_t)number;
    return ok;
}

static bool parse_group(void *into, char *value)
{
    return split_add_group(&((struct plan *)into)->split, value);
}

static bool parse_custodian(void *into, char *value)
{
    struct split_policy *split = &((struct plan *)into)->split;
    if (split->label_count == QUORUM_SHARES_MAX || !*value || !share_set_is_label(value))
        return false;
    split->labels[split->label_count++] = value;
    return true;
}

static bool parse_key(void *into, char *value)
{
    struct plan *plan = into;
    for (size_t i = 0; i < plan->key_count; i++)
        if (strcmp(plan->keys[i].id.text, value) == 0)
            return false;
    return plan->key_count < PLAN_KEYS_MAX && key_id_from_text(value, &plan->keys[plan->key_count++].id);
}

static bool parse_algorithm(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    return key && algorithm_from_name(value) != ALGORITHM_NONE && settings_parse_once(&key->algorithm, value);
}

static bool parse_subject(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    return key && settings_parse_once(&key->subject, value);
}

static bool parse_days(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    return key && key->days == 0 && settings_parse_number(value, 36525, &key->days);
}

static bool parse_result(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    if (key)
        key->result = strcmp(value, "request") == 0 ? PLAN_REQUEST : PLAN_CERTIFICATE;
    return key && (strcmp(value, "request") == 0 || strcmp(value, "certificate") == 0);
}

static bool parse_imported(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    if (key)
        key->imported = true;
    return key && strcmp(value, "yes") == 0;
}

static bool parse_extension(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    char *rest = value + strcspn(value, " \t");
    if (!key || key->extension_count == PLAN_EXTENSIONS_MAX || !*rest)
        return false;
    *rest++ = '\0';
    key->extensions[key->extension_count++] = (struct plan_extension){ value, settings_trim(rest) };
    return true;
}

static bool parse_request_sha256(void *into, char *value)
{
    struct plan *plan = into;
    return strlen(value) == 2 * SHA256_SIZE && strspn(value, "0123456789abcdef") == 2 * SHA256_SIZE
        && settings_parse_once(&plan->request_sha256, value);
}

static bool parse_crl_number(void *into, char *value)
{
    struct plan *plan = into;
    return plan->crl_number == 0 && settings_parse_number(value, 999999999, &plan->crl_number);
}

static bool parse_revoked(void *into, char *value)
{
    struct plan *plan = into;
    uint64_t when;
    char *rest = value + strcspn(value, " \t");
    if (plan->revoked_count == PLAN_REVOKED_MAX || !*rest)
        return false;
    *rest++ = '\0';
    rest = settings_trim(rest);
    plan->revoked[plan->revoked_count++] = (struct plan_revoked){ value, rest };
    return strspn(value, "0123456789abcdefABCDEF") == strlen(value) && time_parse(rest, &when) && when > 0;
}

static const struct settings_row plan_rows[] = {
    { "kind", parse_kind },
    { "ceremony", parse_ceremony },
    { "threshold", parse_threshold },
    { "group", parse_group },
    { "custodian", parse_custodian },
    { "key", parse_key },
    { "algorithm", parse_algorithm },
    { "subject", parse_subject },
    { "days", parse_days },
    { "result", parse_result },
    { "imported", parse_imported },
    { "extension", parse_extension },
    { "request-sha256", parse_request_sha256 },
    { "crl-number", parse_crl_number },
    { "revoked", parse_revoked },
};

static const char *check_keys(const struct plan *plan)
{
    for (size_t i = 0; i < plan->key_count; i++) {
        const struct plan_key *key = &plan->keys[i];
        if (plan->kind == PLAN_NEW && !key->subject)
            return "each key needs a subject";
        if (key->days == 0 && key->result == PLAN_CERTIFICATE)
            return "each certificate and CRL needs days";
    }
    return NULL;
}

/* The same rules as for the options of `split`; without groups, the number of custodians is the number of shares. */
static const char *check_split(struct plan *plan)
{
    unsigned threshold = plan->split.group_threshold;
    plan->split.group_threshold = 0;
    if (plan->split.label_count == 0)
        return "name the custodians, one line each";
    return split_settle(&plan->split, threshold, plan->split.group_count > 0 ? 0 : (unsigned)plan->split.label_count);
}

static const char *check(struct plan *plan)
{
    bool splits = plan->kind == PLAN_NEW || plan->kind == PLAN_REKEY;
    const char *wrong = splits ? check_split(plan) : NULL;
    if (!plan->kind || !plan->ceremony)
        return "needs kind (new, issue or rekey) and ceremony";
    if (wrong)
        return wrong;
    if (!splits && (plan->split.group_threshold || plan->split.group_count || plan->split.label_count))
        return "kind issue splits no KEK: remove threshold, group and custodian";
    if (plan->kind == PLAN_NEW ? plan->key_count == 0 : plan->key_count != (plan->kind == PLAN_ISSUE))
        return "kind new needs keys, issue exactly one, rekey none";
    if (plan->kind == PLAN_ISSUE && !plan->request_sha256 == !plan->crl_number)
        return "kind issue needs either request-sha256 or crl-number";
    return check_keys(plan);
}

bool plan_read(const char *path, struct plan *out)
{
    size_t length;
    *out = (struct plan){ .text = settings_read_text(path, PLAN_FILE_MAX, &length) };
    if (!out->text)
        return false;
    sha256(out->text, length, out->sha256);
    if (!settings_parse_lines(path, out->text, plan_rows, sizeof plan_rows / sizeof *plan_rows, out))
        return false;
    const char *wrong = check(out);
    if (wrong)
        command_fail("%s: %s", path, wrong);
    return !wrong;
}

void plan_free(struct plan *plan)
{
    free(plan->text);
    plan->text = NULL;
}
