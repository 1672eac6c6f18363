/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/extensions.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A value is a list of items with commas between them; an item is WORD, or TYPE:TEXT. */
struct item {
    const char *at;
    size_t length;
};

typedef bool check_item(struct item item);

static bool is(struct item item, const char *word)
{
    return strlen(word) == item.length && memcmp(item.at, word, item.length) == 0;
}

static bool is_one_of(struct item item, const char *const *words)
{
    for (; *words; words++)
        if (is(item, *words))
            return true;
    return false;
}

/* Cuts `prefix` off, and the spaces after it. */
static bool cut(struct item *item, const char *prefix)
{
    size_t size = strlen(prefix);
    if (item->length < size || memcmp(item->at, prefix, size) != 0)
        return false;
    *item = (struct item){ item->at + size, item->length - size };
    for (; item->length > 0 && *item->at == ' '; item->at++)
        item->length--;
    return true;
}

static bool is_made_of(struct item item, const char *characters)
{
    for (size_t i = 0; i < item.length; i++)
        if (!strchr(characters, item.at[i]))
            return false;
    return item.length > 0;
}

static bool is_number(struct item item)
{
    return is_made_of(item, "0123456789") && item.length <= 9;
}

static bool is_oid(struct item item)
{
    return is_made_of(item, "0123456789.") && memchr(item.at, '.', item.length);
}

/* -- items -- */

static bool check_constraint(struct item item)
{
    return is(item, "CA:TRUE") || is(item, "CA:FALSE") || (cut(&item, "pathlen:") && is_number(item));
}

static bool check_usage(struct item item)
{
    static const char *const words[] = {
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",     NULL
    };
    return is_one_of(item, words);
}

static bool check_purpose(struct item item)
{
    static const char *const words[] = { "serverAuth",   "clientAuth",  "codeSigning",         "emailProtection",
                                         "timeStamping", "OCSPSigning", "anyExtendedKeyUsage", NULL };
    return is_one_of(item, words) || is_oid(item);
}

static bool check_subject_key(struct item item)
{
    return is(item, "hash");
}

static bool check_authority_key(struct item item)
{
    static const char *const words[] = { "keyid", "keyid:always", "issuer", "issuer:always", NULL };
    return is_one_of(item, words);
}

/* The text after these types is taken as it is. dirName and otherName would name sections. */
static bool check_name(struct item item)
{
    if (cut(&item, "RID:"))
        return is_oid(item);
    return (cut(&item, "DNS:") || cut(&item, "URI:") || cut(&item, "email:") || cut(&item, "IP:")) && item.length > 0;
}

static bool check_constrained_name(struct item item)
{
    return (cut(&item, "permitted;") || cut(&item, "excluded;")) && check_name(item);
}

static bool check_uri(struct item item)
{
    return cut(&item, "URI:") && item.length > 0;
}

static bool check_access(struct item item)
{
    return (cut(&item, "OCSP;") || cut(&item, "caIssuers;") || cut(&item, "caRepository;")) && check_uri(item);
}

static bool check_policy(struct item item)
{
    return is_oid(item) || is(item, "anyPolicy");
}

static bool check_policy_constraint(struct item item)
{
    return (cut(&item, "requireExplicitPolicy:") || cut(&item, "inhibitPolicyMapping:")) && is_number(item);
}

static bool check_distribution(struct item item)
{
    static const char *const words[] = { "onlyuser:TRUE", "onlyCA:TRUE", "onlyAA:TRUE", "indirectCRL:TRUE", NULL };
    return is_one_of(item, words) || (cut(&item, "fullname:") && check_uri(item));
}

static bool check_nothing(struct item item)
{
    return is(item, "ignored");
}

static const struct row {
    const char *name, *form;
    check_item *check;
} rows[] = {
    { "authorityInfoAccess", "OCSP;URI:TEXT, caIssuers;URI:TEXT", check_access },
    { "authorityKeyIdentifier", "keyid, keyid:always, issuer, issuer:always", check_authority_key },
    { "basicConstraints", "CA:TRUE, CA:FALSE, pathlen:N", check_constraint },
    { "certificatePolicies", "numbers with dots, anyPolicy", check_policy },
    { "crlDistributionPoints", "URI:TEXT", check_uri },
    { "extendedKeyUsage", "the purposes of x509v3_config(5), or numbers with dots", check_purpose },
    { "freshestCRL", "URI:TEXT", check_uri },
    { "inhibitAnyPolicy", "N", is_number },
    { "issuerAltName", "DNS:, URI:, email:, IP: or RID: and TEXT", check_name },
    { "issuingDistributionPoint", "fullname:URI:TEXT, onlyuser:TRUE, onlyCA:TRUE, onlyAA:TRUE, indirectCRL:TRUE",
      check_distribution },
    { "keyUsage", "the usages of x509v3_config(5)", check_usage },
    { "nameConstraints", "permitted; or excluded;, DNS:, URI:, email:, IP: or RID: and TEXT", check_constrained_name },
    { "noCheck", "ignored", check_nothing },
    { "policyConstraints", "requireExplicitPolicy:N, inhibitPolicyMapping:N", check_policy_constraint },
    { "subjectAltName", "DNS:, URI:, email:, IP: or RID: and TEXT", check_name },
    { "subjectInfoAccess", "caRepository;URI:TEXT", check_access },
    { "subjectKeyIdentifier", "hash", check_subject_key },
};

static const struct row *find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* The next item without the spaces around it; false after the last one. */
static bool next_item(const char **at, struct item *out)
{
    if (!*at)
        return false;
    const char *begin = *at + strspn(*at, " "), *end = begin + strcspn(begin, ",");
    *at = *end ? end + 1 : NULL;
    while (end > begin && end[-1] == ' ')
        end--;
    *out = (struct item){ begin, (size_t)(end - begin) };
    return true;
}

static bool is_plain(const char *value)
{
    for (; *value; value++)
        if ((unsigned char)*value < ' ' || (unsigned char)*value > '~')
            return false;
    return true;
}

/* `critical` may come first. */
static bool is_of_form(const struct row *row, const char *value)
{
    struct item item;
    const char *at = value;
    bool some = false;
    if (!is_plain(value))
        return false;
    for (bool is_first = true; next_item(&at, &item); is_first = false) {
        if (is_first && is(item, "critical"))
            continue;
        if (!row->check(item))
            return false;
        some = true;
    }
    return some;
}

const char *extensions_check(const char *name, const char *value)
{
    static char sentence[512];
    const struct row *row = find(name);
    if (row && is_of_form(row, value))
        return NULL;
    if (row)
        snprintf(sentence, sizeof sentence, "extension %s: \"%.160s\" is not allowed; it may have: [critical,] %s",
                 name, value, row->form);
    else
        snprintf(sentence, sizeof sentence,
                 "extension %.64s: a plan may not ask for this one; RUNBOOK.md lists those that it may", name);
    return sentence;
}

const char *extensions_form(const char *name)
{
    const struct row *row = find(name);
    return row ? row->form : "";
}
