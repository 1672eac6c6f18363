#include "ceremony/run/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/tool/tool.h"
#include "keystore/key/algorithm.h"

/* -- lines -- */

/* Takes "name value" to `into`; false where the value is none of its kind. */
typedef bool take_value(void *into, char *value);

struct row {
    const char *name;
    take_value *take;
};

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool take_line(const struct row *rows, size_t count, void *into, char *line)
{
    line = trim(line);
    if (*line == '\0' || *line == '#')
        return true;
    char *value = line + strcspn(line, " \t");
    if (*value)
        *value++ = '\0';
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, line) == 0)
            return rows[i].take(into, trim(value));
    return false;
}

static bool is_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && !strchr("\n\t\r", text[i]))
            return false;
    return memchr(text, '\0', length) == NULL;
}

static char *read_text(const char *path, size_t *length)
{
    char *text = calloc(1, PLAN_FILE_MAX + 1);
    enum fault fault = text ? tool_read_source(path, (uint8_t *)text, PLAN_FILE_MAX, length) : FAULT_MEMORY;
    if (!fault && is_text(text, *length))
        return text;
    if (fault)
        tool_refuse(fault, path);
    else
        command_fail("%s: is not plain text", path);
    free(text);
    return NULL;
}

static bool read_lines(const char *path, char *text, const struct row *rows, size_t count, void *into)
{
    unsigned number = 1;
    for (char *line = text, *end; line; line = end, number++) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        if (!take_line(rows, count, into, line)) {
            command_fail("%s:%u: \"%s\" is no name that is known here, or its value is none of its kind", path, number,
                         trim(line));
            return false;
        }
    }
    return true;
}

static bool take_once(const char **into, char *value)
{
    bool ok = !*into && *value;
    *into = value;
    return ok;
}

static bool take_number(const char *value, unsigned most, unsigned *out)
{
    char end;
    return sscanf(value, "%9u%c", out, &end) == 1 && *out >= 1 && *out <= most;
}

/* -- a plan -- */

static struct plan_key *last_key(struct plan *plan)
{
    return plan->key_count > 0 ? &plan->keys[plan->key_count - 1] : NULL;
}

static bool take_kind(void *into, char *value)
{
    static const char *const kinds[] = { [PLAN_NEW] = "new", [PLAN_ISSUE] = "issue", [PLAN_REKEY] = "rekey" };
    struct plan *plan = into;
    bool first = plan->kind == 0;
    for (unsigned i = PLAN_NEW; i <= PLAN_REKEY; i++)
        if (strcmp(value, kinds[i]) == 0)
            plan->kind = (enum plan_kind)i;
    return first && plan->kind != 0;
}

static bool take_ceremony(void *into, char *value)
{
    struct plan *plan = into;
    return take_once(&plan->ceremony, value) && strlen(value) <= 64;
}

static bool take_threshold(void *into, char *value)
{
    struct plan *plan = into;
    unsigned number;
    bool ok = plan->split.group_threshold == 0 && take_number(value, SHAMIR_SHARES_MAX, &number);
    if (ok)
        plan->split.group_threshold = (uint8_t)number;
    return ok;
}

static bool take_group(void *into, char *value)
{
    return split_wish_group(&((struct plan *)into)->split, value);
}

static bool take_custodian(void *into, char *value)
{
    struct split_wish *split = &((struct plan *)into)->split;
    if (split->label_count == QUORUM_SHARES_MAX || !*value || !share_label_is_valid(value))
        return false;
    split->labels[split->label_count++] = value;
    return true;
}

static bool take_key(void *into, char *value)
{
    struct plan *plan = into;
    for (size_t i = 0; i < plan->key_count; i++)
        if (strcmp(plan->keys[i].id.text, value) == 0)
            return false;
    return plan->key_count < PLAN_KEYS_MAX && key_id_from_text(value, &plan->keys[plan->key_count++].id);
}

static bool take_algorithm(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    return key && algorithm_from_name(value) != ALGORITHM_NONE && take_once(&key->algorithm, value);
}

static bool take_subject(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    return key && take_once(&key->subject, value);
}

static bool take_days(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    return key && key->days == 0 && take_number(value, 36525, &key->days);
}

static bool take_result(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    if (key)
        key->result = strcmp(value, "request") == 0 ? PLAN_REQUEST : PLAN_CERTIFICATE;
    return key && (strcmp(value, "request") == 0 || strcmp(value, "certificate") == 0);
}

static bool take_imported(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    if (key)
        key->imported = true;
    return key && strcmp(value, "yes") == 0;
}

static bool take_extension(void *into, char *value)
{
    struct plan_key *key = last_key(into);
    char *rest = value + strcspn(value, " \t");
    if (!key || key->extension_count == PLAN_EXTENSIONS_MAX || !*rest)
        return false;
    *rest++ = '\0';
    key->extensions[key->extension_count++] = (struct plan_extension){ value, trim(rest) };
    return true;
}

static bool take_request_sha256(void *into, char *value)
{
    struct plan *plan = into;
    return strlen(value) == 2 * SHA256_SIZE && strspn(value, "0123456789abcdef") == 2 * SHA256_SIZE
        && take_once(&plan->request_sha256, value);
}

static bool take_crl_number(void *into, char *value)
{
    struct plan *plan = into;
    return plan->crl_number == 0 && take_number(value, 999999999, &plan->crl_number);
}

static bool take_revoked(void *into, char *value)
{
    struct plan *plan = into;
    uint64_t when;
    char *rest = value + strcspn(value, " \t");
    if (plan->revoked_count == PLAN_REVOKED_MAX || !*rest)
        return false;
    *rest++ = '\0';
    rest = trim(rest);
    plan->revoked[plan->revoked_count++] = (struct plan_revoked){ value, rest };
    return strspn(value, "0123456789abcdefABCDEF") == strlen(value) && time_parse(rest, &when) && when > 0;
}

static const struct row plan_rows[] = {
    { "kind", take_kind },
    { "ceremony", take_ceremony },
    { "threshold", take_threshold },
    { "group", take_group },
    { "custodian", take_custodian },
    { "key", take_key },
    { "algorithm", take_algorithm },
    { "subject", take_subject },
    { "days", take_days },
    { "result", take_result },
    { "imported", take_imported },
    { "extension", take_extension },
    { "request-sha256", take_request_sha256 },
    { "crl-number", take_crl_number },
    { "revoked", take_revoked },
};

static const char *judge_keys(const struct plan *plan)
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

/* The split as the options of `split` have it: without groups the custodians are the shares. */
static const char *judge_split(struct plan *plan)
{
    unsigned threshold = plan->split.group_threshold;
    plan->split.group_threshold = 0;
    if (plan->split.label_count == 0)
        return "name the custodians, one line each";
    return split_wish_settle(&plan->split, threshold,
                             plan->split.group_count > 0 ? 0 : (unsigned)plan->split.label_count);
}

static const char *judge(struct plan *plan)
{
    bool splits = plan->kind == PLAN_NEW || plan->kind == PLAN_REKEY;
    const char *wrong = splits ? judge_split(plan) : NULL;
    if (!plan->kind || !plan->ceremony)
        return "needs kind (new, issue or rekey) and ceremony";
    if (wrong)
        return wrong;
    if (!splits && (plan->split.group_threshold || plan->split.group_count || plan->split.label_count))
        return "to issue splits no KEK: threshold, group and custodian have no place here";
    if (plan->kind == PLAN_NEW ? plan->key_count == 0 : plan->key_count != (plan->kind == PLAN_ISSUE))
        return "new needs keys, issue exactly one, rekey none";
    if (plan->kind == PLAN_ISSUE && !plan->request_sha256 == !plan->crl_number)
        return "issue needs request-sha256 or crl-number";
    return judge_keys(plan);
}

bool plan_read(const char *path, struct plan *out)
{
    size_t length;
    *out = (struct plan){ .text = read_text(path, &length) };
    if (!out->text)
        return false;
    sha256(out->text, length, out->sha256);
    if (!read_lines(path, out->text, plan_rows, sizeof plan_rows / sizeof *plan_rows, out))
        return false;
    const char *wrong = judge(out);
    if (wrong)
        command_fail("%s: %s", path, wrong);
    return !wrong;
}

void plan_free(struct plan *plan)
{
    free(plan->text);
    plan->text = NULL;
}

/* -- a site -- */

static bool take_keystore(void *into, char *value)
{
    return take_once(&((struct site *)into)->keystore, value);
}
static bool take_user(void *into, char *value)
{
    return take_once(&((struct site *)into)->user, value);
}
static bool take_out(void *into, char *value)
{
    return take_once(&((struct site *)into)->out, value);
}
static bool take_print(void *into, char *value)
{
    return take_once(&((struct site *)into)->print, value);
}
static bool take_request(void *into, char *value)
{
    return take_once(&((struct site *)into)->request, value);
}

static bool take_yes(bool *into, const char *value)
{
    *into = strcmp(value, "yes") == 0;
    return *into || strcmp(value, "no") == 0;
}

static bool take_qr(void *into, char *value)
{
    return take_yes(&((struct site *)into)->qr, value);
}
static bool take_entropy(void *into, char *value)
{
    return take_yes(&((struct site *)into)->entropy, value);
}

static bool take_import(void *into, char *value)
{
    struct site *site = into;
    char *rest = value + strcspn(value, " \t");
    if (site->import_count == PLAN_KEYS_MAX || !*rest)
        return false;
    *rest++ = '\0';
    rest = trim(rest);
    char *certificate = rest + strcspn(rest, " \t");
    if (*certificate)
        *certificate++ = '\0';
    certificate = trim(certificate);
    site->imports[site->import_count].id = value;
    site->imports[site->import_count].certificate = *certificate ? certificate : NULL;
    site->imports[site->import_count++].path = rest;
    return true;
}

static const struct row site_rows[] = {
    { "keystore", take_keystore }, { "user", take_user },     { "out", take_out }, { "print", take_print },
    { "request", take_request },   { "import", take_import }, { "qr", take_qr },   { "entropy", take_entropy },
};

bool site_read(const char *path, struct site *out)
{
    size_t length;
    *out = (struct site){ .text = read_text(path, &length) };
    if (!out->text || !read_lines(path, out->text, site_rows, sizeof site_rows / sizeof *site_rows, out))
        return false;
    if (out->keystore && out->out)
        return true;
    command_fail("%s: needs keystore and out", path);
    return false;
}

void site_free(struct site *site)
{
    free(site->text);
    site->text = NULL;
}
