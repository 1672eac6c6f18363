/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/lint_name.h"

#include <string.h>

enum { PART_MAX = 64 }; /* characters of a name's usual parts: RFC 5280, appendix A */

static bool is_allowed_type(int type)
{
    return type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING || type == V_ASN1_IA5STRING;
}

static bool has_control(const unsigned char *text, int length)
{
    for (int i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] == 0x7f)
            return true;
    return false;
}

/* In UTF-8 every byte but those that go on begins a character. */
static int characters(const unsigned char *text, int length)
{
    int count = 0;
    for (int i = 0; i < length; i++)
        count += (text[i] & 0xc0) != 0x80;
    return count;
}

static bool is_country(const unsigned char *text, int length)
{
    return length == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
}

static void check_part(struct lint *lint, const X509_NAME_ENTRY *entry)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    const unsigned char *text = ASN1_STRING_get0_data(value);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)), length = ASN1_STRING_length(value);
    const char *name = nid == NID_undef ? "a part" : OBJ_nid2sn(nid);
    if (!is_allowed_type(ASN1_STRING_type(value)))
        lint_add(lint, LINT_NAME, "%s of the subject is neither a UTF8String nor a PrintableString", name);
    if (length == 0)
        lint_add(lint, LINT_NAME, "%s of the subject is empty", name);
    else if (text[0] == ' ' || text[length - 1] == ' ')
        lint_add(lint, LINT_NAME, "%s of the subject begins or ends with a space", name);
    if (has_control(text, length))
        lint_add(lint, LINT_NAME, "%s of the subject has control characters", name);
    if (nid == NID_countryName && !is_country(text, length))
        lint_add(lint, LINT_NAME, "C of the subject is not two capital letters");
    if ((nid == NID_commonName || nid == NID_organizationName || nid == NID_organizationalUnitName)
        && characters(text, length) > PART_MAX)
        lint_add(lint, LINT_NAME, "%s of the subject has more than %d characters", name, PART_MAX);
}

void lint_name(struct lint *lint, const X509_NAME *name, bool has_other)
{
    int common = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (X509_NAME_entry_count(name) == 0 && !has_other)
        lint_add(lint, LINT_NAME, "the subject is empty, and there is no subjectAltName");
    if (common >= 0 && X509_NAME_get_index_by_NID(name, NID_commonName, common) >= 0)
        lint_add(lint, LINT_NAME, "the subject has CN twice");
    for (int i = 0; i < X509_NAME_entry_count(name); i++)
        check_part(lint, X509_NAME_get_entry(name, i));
}
