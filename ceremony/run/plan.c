/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/pki/authority.h"
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
    if (split->label_count == QUORUM_SHARES_MAX)
        return false;
    split->labels[split->label_count++] = value;
    const char *wrong = split_check_custodian(split, split->label_count - 1);
    if (wrong)
        settings_explain(wrong);
    return !wrong;
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

/* Whether OpenSSL can make a certificate with this subject or extension; the refusal is of its line. */
static bool can_be_made(const struct plan_key *part)
{
    const char *why;
    if (authority_check_plan(part, 1, &why))
        return true;
    settings_explain(why);
    return false;
}

static bool parse_subject(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    return key && settings_parse_once(&key->subject, value) && can_be_made(&(struct plan_key){ .subject = value });
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
    rest = settings_trim(rest);
    key->extensions[key->extension_count++] = (struct plan_extension){ value, rest };
    return can_be_made(&(struct plan_key){ .extension_count = 1, .extensions = { { value, rest } } });
}

static bool is_sha256(const char *value)
{
    return strlen(value) == 2 * SHA256_SIZE && strspn(value, "0123456789abcdef") == 2 * SHA256_SIZE;
}

static bool parse_request_sha256(void *into, char *value)
{
    return is_sha256(value) && settings_parse_once(&((struct plan *)into)->request_sha256, value);
}

static bool parse_previous_crl(void *into, char *value)
{
    return (is_sha256(value) || strcmp(value, "none") == 0)
        && settings_parse_once(&((struct plan *)into)->previous_crl_sha256, value);
}

static bool parse_revoked_list(void *into, char *value)
{
    return is_sha256(value) && settings_parse_once(&((struct plan *)into)->revoked_list_sha256, value);
}

static bool parse_crl_number(void *into, char *value)
{
    struct plan *plan = into;
    const size_t digits = strlen(value);
    if (plan->crl_number != 0 || digits == 0 || digits > 18 || strspn(value, "0123456789") != digits)
        return false;
    plan->crl_number = strtoull(value, NULL, 10);
    return plan->crl_number > 0;
}

static bool parse_revoked(void *into, char *value)
{
    return revoked_list_add(&((struct plan *)into)->revoked, value);
}

/* Cuts "WORD TEXT" in two; false where there is no text. */
static bool cut_reason(char *value, char **reason)
{
    char *rest = value + strcspn(value, " \t");
    if (*rest)
        *rest++ = '\0';
    *reason = settings_trim(rest);
    return **reason != '\0';
}

static bool parse_dropped(void *into, char *value)
{
    struct plan *plan = into;
    char *reason;
    if (!cut_reason(value, &reason) || strlen(value) > 40 || strspn(value, "0123456789abcdefABCDEF") != strlen(value))
        return false;
    struct plan_dropped *grown = reallocarray(plan->dropped, plan->dropped_count + 1, sizeof *grown);
    if (!grown)
        return false;
    plan->dropped = grown;
    grown[plan->dropped_count++] = (struct plan_dropped){ value, reason };
    return true;
}

static bool parse_override(void *into, char *value)
{
    struct plan *plan = into;
    char *reason;
    if (plan->override_count == PLAN_OVERRIDES_MAX || !cut_reason(value, &reason))
        return false;
    if (!lint_is_rule(value)) {
        static char sentence[640];
        snprintf(sentence, sizeof sentence, "there is no rule \"%.40s\"; allowed: RULE REASON with one of %s", value,
                 lint_rules());
        settings_explain(sentence);
        return false;
    }
    plan->overrides[plan->override_count++] = (struct plan_override){ value, reason };
    return true;
}

#define HASH "64 lower-case hex digits, as sha256sum prints them, once"

static const struct settings_row plan_rows[] = {
    { "kind", parse_kind, "new, issue or rekey, once" },
    { "ceremony", parse_ceremony, "a title of 1 to 64 characters, once" },
    { "threshold", parse_threshold,
      "a number from 2 to 16, once: how many custodians open the keystore; with group lines also 1: how many groups" },
    { "group", parse_group, "M/N with M of 1 to N and N of at most 16, in at most 16 lines" },
    { "custodian", parse_custodian, "a name of 1 to 48 characters, in at most 64 lines" },
    { "key", parse_key, "an id of lower-case letters, digits, '-', '_' and '.', each once, in at most 16 lines" },
    { "algorithm", parse_algorithm, "a name that signerctl algorithms prints, such as ec-p384, once below its key" },
    { "subject", parse_subject, "CN=NAME, O=NAME and so on, once below its key" },
    { "days", parse_days, "a number from 1 to 36525, once below its key" },
    { "result", parse_result, "certificate or request, below its key" },
    { "imported", parse_imported, "yes, below its key" },
    { "extension", parse_extension, "NAME VALUE, below its key, in at most 16 lines" },
    { "request-sha256", parse_request_sha256, HASH },
    { "crl-number", parse_crl_number, "a number of at most 18 digits, from 1, once" },
    { "previous-crl", parse_previous_crl, "none, or " HASH },
    { "revoked", parse_revoked, REVOKED_LIST_ALLOWED },
    { "revoked-list", parse_revoked_list, HASH },
    { "no-longer-revoked", parse_dropped, "SERIAL REASON: hex digits, and why it is dropped" },
    { "override", parse_override, "RULE REASON, in at most 16 lines" },
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
    if (plan->split.group_count == 0 && threshold == 0)
        return "needs threshold: how many of the custodians open the keystore, at least 2";
    if (plan->split.group_count == 0 && threshold < 2)
        return "threshold 1: one custodian alone would have the KEK; write threshold 2 or more";
    if (plan->split.group_count == 0 && threshold > plan->split.label_count)
        return "threshold is above the number of custodian lines; lower it, or name more custodians";
    if (plan->split.group_count == 0 && plan->split.label_count > SHAMIR_SHARES_MAX)
        return "more than 16 custodians need groups: group lines, each M/N";
    if (plan->split.group_count > 0 && threshold > plan->split.group_count)
        return "threshold is above the number of group lines; with groups it is how many groups are needed";
    return split_settle(&plan->split, threshold, plan->split.group_count > 0 ? 0 : (unsigned)plan->split.label_count);
}

static const char *check_crl(const struct plan *plan)
{
    bool is_crl = plan->kind == PLAN_ISSUE && plan->crl_number > 0;
    if (is_crl && !plan->previous_crl_sha256)
        return "a CRL needs previous-crl: the SHA-256 of the last CRL's file, or none where this is the CA's first";
    if (!is_crl
        && (plan->previous_crl_sha256 || plan->revoked_list_sha256 || plan->revoked.count > 0
            || plan->dropped_count > 0))
        return "previous-crl, revoked, revoked-list and no-longer-revoked are of a CRL: add crl-number, or remove them";
    return NULL;
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
    const char *of_crl = check_crl(plan);
    return of_crl ? of_crl : check_keys(plan);
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
    revoked_list_free(&plan->revoked);
    free(plan->dropped);
    plan->dropped = NULL;
}
