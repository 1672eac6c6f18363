/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/doctor/drill_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "keystore/format/bytes.h"
#include "keystore/format/lines.h"
#include "keystore/kek/drill_mac.h"
#include "keystore/memory/secret.h"
#include "keystore/share/share_set.h"

#define OLD_TITLE "signer drill report 1\n"

/* -- writing -- */

void drill_report_add(struct text *to, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_put_field(to, name, format, arguments);
    va_end(arguments);
}

void drill_report_authenticate(const char *report, struct text *to, const uint8_t keystore_id[static KEYSTORE_ID_SIZE],
                               const struct kek *kek)
{
    char id[KEK_ID_TEXT], hex[2 * DRILL_MAC_SIZE + 1];
    struct drill_claim claim;
    uint8_t mac[DRILL_MAC_SIZE];
    if (!kek) {
        text_put(to, "mac -\n");
        return;
    }
    memcpy(claim.keystore_id, keystore_id, KEYSTORE_ID_SIZE);
    sha256(report, strlen(report), claim.sha256);
    drill_mac(kek, &claim, mac);
    kek_id_text(&kek->id, id);
    bytes_to_hex(mac, sizeof mac, hex);
    text_put(to, "mac %s %s\n", id, hex);
}

/* -- reading -- */

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

/* The last line, which has the MAC; NULL: there is none. */
static const char *last_line(const char *text, size_t length)
{
    if (length < 2 || text[length - 1] != '\n')
        return NULL;
    const char *before = memrchr(text, '\n', length - 1);
    return before ? before + 1 : NULL;
}

static enum drill_verdict check_mac(const struct kek *kek, const char *line, const char *text,
                                    const struct drill_report *report)
{
    char value[KEK_ID_TEXT + 2 * DRILL_MAC_SIZE + 1], *space;
    struct drill_claim claim;
    struct kek_id id;
    uint8_t mac[DRILL_MAC_SIZE], right[DRILL_MAC_SIZE];
    struct reader from = { (const uint8_t *)line, strlen(line), false };
    if (!lines_read(&from, "mac", value, sizeof value) || from.left > 0)
        return DRILL_MALFORMED;
    if (strcmp(value, "-") == 0)
        return DRILL_WITHOUT_MAC;
    if (!(space = strchr(value, ' ')) || !lines_parse_hex(space + 1, mac, sizeof mac))
        return DRILL_MALFORMED;
    *space = '\0';
    if (!kek_id_parse(value, &id) || !kek_id_equal(&id, &report->kek))
        return DRILL_MALFORMED;
    if (!kek || !kek_id_equal(&id, &kek->id))
        return DRILL_UNPROVEN;
    memcpy(claim.keystore_id, report->keystore_id, KEYSTORE_ID_SIZE);
    sha256(text, (size_t)(line - text), claim.sha256);
    drill_mac(kek, &claim, right);
    return secret_equal(mac, right, sizeof mac) ? DRILL_PROVEN : DRILL_FORGED;
}

static enum drill_verdict verify(const struct kek *kek, const char *text, size_t length, struct drill_report *out)
{
    const char *line = last_line(text, length);
    char *body = line ? strndup(text, (size_t)(line - text)) : NULL;
    enum drill_verdict verdict = body && read_values(body, out) ? check_mac(kek, line, text, out) : DRILL_MALFORMED;
    free(body);
    return verdict;
}

static bool begins(const uint8_t *bytes, size_t length, const char *title)
{
    return length > strlen(title) && memcmp(bytes, title, strlen(title)) == 0;
}

enum drill_verdict drill_report_verify(const struct kek *kek, const uint8_t *bytes, size_t length,
                                       struct drill_report *out)
{
    *out = (struct drill_report){ .passed = false };
    if (begins(bytes, length, OLD_TITLE))
        return DRILL_OLD;
    if (!begins(bytes, length, DRILL_REPORT_TITLE) || memchr(bytes, '\0', length))
        return DRILL_MALFORMED;
    char *text = strndup((const char *)bytes, length);
    enum drill_verdict verdict = text ? verify(kek, text, length, out) : DRILL_MALFORMED;
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
