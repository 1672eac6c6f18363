/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/site.h"

#include <stdlib.h>
#include <string.h>

#include "ceremony/run/settings.h"
#include "ceremony/tool/tool.h"

static bool parse_keystore(void *into, char *value)
{
    return settings_parse_once(&((struct site *)into)->keystore, value);
}

static bool parse_user(void *into, char *value)
{
    return settings_parse_once(&((struct site *)into)->user, value);
}

static bool parse_out(void *into, char *value)
{
    return settings_parse_once(&((struct site *)into)->out, value);
}

static bool parse_print(void *into, char *value)
{
    return settings_parse_once(&((struct site *)into)->print, value);
}

static bool parse_request(void *into, char *value)
{
    return settings_parse_once(&((struct site *)into)->request, value);
}

static bool parse_previous_crl(void *into, char *value)
{
    return settings_parse_once(&((struct site *)into)->previous_crl, value);
}

static bool parse_revoked_list(void *into, char *value)
{
    return settings_parse_once(&((struct site *)into)->revoked_list, value);
}

static bool parse_yes(bool *into, const char *value)
{
    *into = strcmp(value, "yes") == 0;
    return *into || strcmp(value, "no") == 0;
}

static bool parse_qr(void *into, char *value)
{
    return parse_yes(&((struct site *)into)->qr, value);
}

static bool parse_entropy(void *into, char *value)
{
    return parse_yes(&((struct site *)into)->entropy, value);
}

static bool parse_import(void *into, char *value)
{
    struct site *site = into;
    char *rest = value + strcspn(value, " \t");
    if (site->import_count == PLAN_KEYS_MAX || !*rest)
        return false;
    *rest++ = '\0';
    rest = settings_trim(rest);
    char *certificate = rest + strcspn(rest, " \t");
    if (*certificate)
        *certificate++ = '\0';
    certificate = settings_trim(certificate);
    site->imports[site->import_count].id = value;
    site->imports[site->import_count].certificate = *certificate ? certificate : NULL;
    site->imports[site->import_count++].path = rest;
    return true;
}

static const struct settings_row site_rows[] = {
    { "keystore", parse_keystore, "a directory, once" },
    { "user", parse_user, "the name of a user, once" },
    { "out", parse_out, "a directory, once" },
    { "print", parse_print, "a directory or a printer's device, once" },
    { "request", parse_request, "a file, once" },
    { "previous-crl", parse_previous_crl, "a file, once" },
    { "revoked-list", parse_revoked_list, "a file, once" },
    { "import", parse_import, "ID FILE or ID FILE CERTIFICATE, at most 16 lines" },
    { "qr", parse_qr, "yes or no" },
    { "entropy", parse_entropy, "yes or no" },
};

bool site_read(const char *path, struct site *out)
{
    size_t length;
    *out = (struct site){ .text = settings_read_text(path, SITE_FILE_MAX, &length) };
    if (!out->text || !settings_parse_lines(path, out->text, site_rows, sizeof site_rows / sizeof *site_rows, out))
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
