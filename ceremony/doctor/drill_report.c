/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/doctor/drill_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ceremony/pki/signature.h"
#include "keystore/format/bytes.h"
#include "keystore/format/lines.h"
#include "keystore/share/share_set.h"

#define TITLE "signer drill report 1\n"

enum { SIGNATURE_LINE_MAX = 2 * SIGNER_SIGNATURE_MAX + 64 };

/* -- writing -- */

void drill_report_add(struct text *to, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_put_field(to, name, format, arguments);
    va_end(arguments);
}

bool drill_report_sign(char *report, struct text *to, signer_client *client, const char *id, struct signer_error *error)
{
    static uint8_t signature[SIGNER_SIGNATURE_MAX];
    static char hex[2 * sizeof signature + 1];
    char scheme[SIGNATURE_SCHEME_TEXT];
    size_t length = sizeof signature, size = strlen(report);
    struct signer_key *key = NULL;
    if (!client || !id) {
        text_put(to, "signature -\n");
        return true;
    }
    bool ok = signer_get_key(client, id, &key, error) == SIGNER_OK
        && signature_make(client, key, report, size, signature, &length, scheme, error);
    if (ok) {
        bytes_to_hex(signature, length, hex);
        text_put(to, "key %s\nscheme %s\nsignature %s\n", id, scheme, hex);
    }
    signer_key_free(key);
    return ok;
}

/* -- reading -- */

struct parts {
    size_t body; /* the number of bytes that are signed */
    struct key_id id;
    char scheme[SIGNATURE_SCHEME_TEXT];
    uint8_t *signature; /* owned */
    size_t length;
    bool is_signed;
};

/* Copies the value of the first line with this name. */
static bool value_of(const char *text, const char *name, char *out, size_t size)
{
    size_t skip = strlen(name);
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        size_t length = strcspn(line, "\n");
        if (length <= skip + 1 || strncmp(line, name, skip) != 0 || line[skip] != ' ')
            continue;
        if (length - skip - 1 >= size)
            return false;
        memcpy(out, line + skip + 1, length - skip - 1);
        out[length - skip - 1] = '\0';
        return true;
    }
    return false;
}

static bool parse_signature(struct reader *from, struct parts *out)
{
    static char hex[SIGNATURE_LINE_MAX];
    char id[KEY_ID_SIZE + 1];
    if (!lines_read(from, "key", id, sizeof id) || !key_id_from_text(id, &out->id)
        || !lines_read(from, "scheme", out->scheme, sizeof out->scheme)
        || !lines_read(from, "signature", hex, sizeof hex) || from->left > 0)
        return false;
    out->length = strlen(hex) / 2;
    out->signature = malloc(out->length + 1);
    out->is_signed = true;
    return out->signature && out->length > 0 && lines_parse_hex(hex, out->signature, out->length);
}

/* Separates the signature's lines, which are the last, from the lines before them, which are signed. */
static bool split(const char *text, size_t length, struct parts *out)
{
    static const char unsigned_end[] = "\nsignature -\n";
    const size_t end = sizeof unsigned_end - 1;
    *out = (struct parts){ .body = length };
    if (length > end && strcmp(text + length - end, unsigned_end) == 0) {
        out->body = length - end + 1;
        return true;
    }
    const char *key = NULL;
    for (const char *at = strstr(text, "\nkey "); at; at = strstr(at + 1, "\nkey "))
        key = at + 1;
    if (!key)
        return false;
    struct reader from = { (const uint8_t *)key, length - (size_t)(key - text), false };
    out->body = (size_t)(key - text);
    return parse_signature(&from, out);
}

static bool read_values(const char *body, struct drill_report *out)
{
    char keystore[2 * KEYSTORE_ID_SIZE + 1], verdict[8], drilled[TIME_TEXT], made[TIME_TEXT], kek[KEK_ID_TEXT],
        from[16];
    if (!value_of(body, "keystore", keystore, sizeof keystore) || !value_of(body, "verdict", verdict, sizeof verdict)
        || !value_of(body, "drilled", drilled, sizeof drilled) || !value_of(body, "archive-made", made, sizeof made)
        || !value_of(body, "kek", kek, sizeof kek) || !value_of(body, "kek-from", from, sizeof from))
        return false;
    out->passed = strcmp(verdict, "PASSED") == 0;
    out->by_shares = strcmp(from, "shares") == 0;
    return lines_parse_hex(keystore, out->keystore_id, KEYSTORE_ID_SIZE) && time_parse(drilled, &out->drilled)
        && out->drilled != 0 && time_parse(made, &out->archive_made) && kek_id_parse(kek, &out->kek)
        && (out->passed || strcmp(verdict, "FAILED") == 0);
}

static enum drill_verdict verify(const struct directory *directory, const struct parts *parts, const char *text)
{
    static uint8_t bytes[SEALED_KEY_MAX];
    struct sealed_key sealed;
    struct key_public public;
    size_t length;
    if (!parts->is_signed)
        return DRILL_UNSIGNED;
    if (directory_read_key(directory, &parts->id, bytes, &length, NULL) != FAULT_NONE
        || sealed_key_look(bytes, length, &sealed) != FAULT_NONE
        || key_public_parse(sealed.public_part, sealed.public_length, &public) != FAULT_NONE)
        return DRILL_KEY_GONE;
    return signature_verify(public.spki, public.spki_length, parts->scheme, text, parts->body, parts->signature,
                            parts->length)
        ? DRILL_SIGNED
        : DRILL_WRONG;
}

enum drill_verdict drill_report_verify(const struct directory *directory, const uint8_t *bytes, size_t length,
                                       struct drill_report *out)
{
    struct parts parts = { .signature = NULL };
    enum drill_verdict verdict = DRILL_MALFORMED;
    char *text = malloc(length + 1), *body = NULL;
    *out = (struct drill_report){ .passed = false };
    if (text && length > strlen(TITLE) && memcmp(bytes, TITLE, strlen(TITLE)) == 0 && !memchr(bytes, '\0', length)) {
        memcpy(text, bytes, length);
        text[length] = '\0';
        if (split(text, length, &parts) && (body = strndup(text, parts.body)) && read_values(body, out))
            verdict = verify(directory, &parts, text);
    }
    free(parts.signature);
    free(body);
    free(text);
    return verdict;
}

void drill_report_name(const struct drill_report *report, char out[static DRILL_REPORT_NAME])
{
    char when[TIME_STAMP];
    time_stamp(report->drilled, when);
    for (char *c = when; *c; c++)
        *c = *c == 'T' ? 't' : *c == 'Z' ? 'z' : *c; /* names of records are lower case */
    snprintf(out, DRILL_REPORT_NAME, "drill-%s-%s.txt", when, report->by_shares ? "shares" : "kek");
}
