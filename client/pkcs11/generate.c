/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/generate.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "client/pkcs11/attribute.h"
#include "client/pkcs11/mechanism.h"
#include "client/pkcs11/report.h"
#include "client/pkcs11/token.h"
#include "pki/der.h"

/* -- what is asked for -- */

/* CKA_EC_PARAMS: the curve's OID in DER, or for Edwards curves the PrintableString of PKCS #11 3.0. */
static const struct {
    CK_MECHANISM_TYPE type;
    const char *parameters;
    CK_ULONG length;
    const char *algorithm;
} curves[] = {
    { CKM_EC_KEY_PAIR_GEN, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10, "ec-p256" },
    { CKM_EC_KEY_PAIR_GEN, "\x06\x05\x2b\x81\x04\x00\x22", 7, "ec-p384" },
    { CKM_EC_KEY_PAIR_GEN, "\x06\x05\x2b\x81\x04\x00\x23", 7, "ec-p521" },
    { CKM_EC_EDWARDS_KEY_PAIR_GEN, "\x06\x03\x2b\x65\x70", 5, "ed25519" },
    { CKM_EC_EDWARDS_KEY_PAIR_GEN, "\x06\x03\x2b\x65\x71", 5, "ed448" },
    { CKM_EC_EDWARDS_KEY_PAIR_GEN,
      "\x13\x0c"
      "edwards25519",
      14, "ed25519" },
    { CKM_EC_EDWARDS_KEY_PAIR_GEN,
      "\x13\x0a"
      "edwards448",
      12, "ed448" },
};

static const char *find_curve(CK_MECHANISM_TYPE type, const CK_ATTRIBUTE *given)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (curves[i].type == type && curves[i].length == given->ulValueLen
            && memcmp(curves[i].parameters, given->pValue, given->ulValueLen) == 0)
            return curves[i].algorithm;
    return NULL;
}

static bool is_der(const CK_ATTRIBUTE *given)
{
    struct der from = { given->pValue, given->ulValueLen }, contents;
    uint8_t tag;
    return der_read(&from, &tag, &contents) && from.left == 0;
}

static CK_RV parse_curve(CK_MECHANISM_TYPE type, const struct template *public, char *algorithm)
{
    const CK_ATTRIBUTE *given = template_find(public, CKA_EC_PARAMS);
    if (!given)
        return CKR_TEMPLATE_INCOMPLETE;
    const char *name = find_curve(type, given);
    if (!name)
        return is_der(given) ? CKR_CURVE_NOT_SUPPORTED : CKR_DOMAIN_PARAMS_INVALID;
    snprintf(algorithm, GENERATE_NAME_MAX, "%s", name);
    return CKR_OK;
}

static CK_RV parse_rsa(const struct template *public, char *algorithm)
{
    static const uint8_t f4[] = { 0x01, 0x00, 0x01 };
    const CK_ATTRIBUTE *size = template_find(public, CKA_MODULUS_BITS);
    const CK_ATTRIBUTE *exponent = template_find(public, CKA_PUBLIC_EXPONENT);
    CK_ULONG bits;
    if (!size)
        return CKR_TEMPLATE_INCOMPLETE;
    if (!template_number(size, &bits) || (bits != 2048 && bits != 3072 && bits != 4096)
        || (exponent && (exponent->ulValueLen != sizeof f4 || memcmp(exponent->pValue, f4, sizeof f4) != 0)))
        return CKR_ATTRIBUTE_VALUE_INVALID;
    snprintf(algorithm, GENERATE_NAME_MAX, "rsa-%lu", bits);
    return CKR_OK;
}

/* The label of one template; it must be the other's too, if that has one. */
static CK_RV parse_label(const struct template *template, char *id)
{
    const CK_ATTRIBUTE *label = template_find(template, CKA_LABEL);
    if (!label)
        return CKR_OK;
    size_t length = label->ulValueLen;
    if (length == 0 || length >= GENERATE_NAME_MAX || memchr(label->pValue, '\0', length))
        return CKR_ATTRIBUTE_VALUE_INVALID;
    if (id[0] != '\0' && (strlen(id) != length || memcmp(id, label->pValue, length) != 0))
        return CKR_TEMPLATE_INCONSISTENT;
    memcpy(id, label->pValue, length);
    id[length] = '\0';
    return CKR_OK;
}

static bool is_same(const CK_ATTRIBUTE *one, const CK_ATTRIBUTE *other)
{
    return one->ulValueLen == other->ulValueLen
        && (one->ulValueLen == 0 || memcmp(one->pValue, other->pValue, one->ulValueLen) == 0);
}

static CK_RV expect_number(const struct template *template, CK_ATTRIBUTE_TYPE type, CK_ULONG wanted)
{
    const CK_ATTRIBUTE *given = template_find(template, type);
    CK_ULONG number = wanted;
    if (given && !template_number(given, &number))
        return CKR_ATTRIBUTE_VALUE_INVALID;
    return number == wanted ? CKR_OK : CKR_TEMPLATE_INCONSISTENT;
}

/* Attributes have one value each, flags are flags, and what is described is the key that the mechanism makes. */
static CK_RV check_form(const struct template *template, CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
    for (CK_ULONG i = 0; i < template->count; i++) {
        const CK_ATTRIBUTE *given = &template->attributes[i];
        bool flag;
        if (!is_same(template_find(template, given->type), given))
            return CKR_TEMPLATE_INCONSISTENT;
        if (attribute_is_flag(given->type) && !template_flag(given, &flag))
            return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    CK_RV rv = expect_number(template, CKA_CLASS, class);
    return rv == CKR_OK ? expect_number(template, CKA_KEY_TYPE, type) : rv;
}

/* An attribute that may only be so, where it is given. */
static bool accepts(const struct template *template, CK_ATTRIBUTE_TYPE type, bool wanted)
{
    const CK_ATTRIBUTE *given = template_find(template, type);
    bool flag;
    return !given || (template_flag(given, &flag) && flag == wanted);
}

static bool has_no_id(const struct template *template)
{
    const CK_ATTRIBUTE *given = template_find(template, CKA_ID);
    return !given || given->ulValueLen == 0;
}

/* A use that is asked for and not given shows in the key; a limit that nobody keeps would not. */
static bool accepts_limits(const struct template *public, const struct template *private)
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        bool wanted;
    } fixed[] = {
        { CKA_TOKEN, true }, { CKA_EXTRACTABLE, false },         { CKA_SENSITIVE, true },
        { CKA_SIGN, true },  { CKA_ALWAYS_AUTHENTICATE, false },
    };
    bool accepted = accepts(public, CKA_TOKEN, true) && has_no_id(public) && has_no_id(private)
        && !template_find(private, CKA_ALLOWED_MECHANISMS);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        accepted = accepted && accepts(private, fixed[i].type, fixed[i].wanted);
    return accepted;
}

static CK_RV check_templates(CK_KEY_TYPE type, const struct template *public, const struct template *private, char *id)
{
    CK_RV rv = check_form(public, CKO_PUBLIC_KEY, type);
    if (rv == CKR_OK)
        rv = check_form(private, CKO_PRIVATE_KEY, type);
    if (rv == CKR_OK)
        rv = parse_label(public, id);
    if (rv == CKR_OK)
        rv = parse_label(private, id);
    if (rv != CKR_OK)
        return rv;
    if (id[0] == '\0' || !template_find(private, CKA_TOKEN))
        return CKR_TEMPLATE_INCOMPLETE;
    return accepts_limits(public, private) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

CK_RV generate_parse(const CK_MECHANISM *mechanism, const struct template *public, const struct template *private,
                     char id[static GENERATE_NAME_MAX], char algorithm[static GENERATE_NAME_MAX])
{
    const struct mechanism *row = mechanism_find(true, mechanism->mechanism);
    id[0] = '\0';
    if (!row || row->input != MECHANISM_NOTHING)
        return CKR_MECHANISM_INVALID;
    if (mechanism->ulParameterLen > 0)
        return CKR_MECHANISM_PARAM_INVALID;
    CK_RV rv = check_templates(row->key, public, private, id);
    if (rv != CKR_OK)
        return rv;
    return row->key == CKK_RSA ? parse_rsa(public, algorithm) : parse_curve(row->type, public, algorithm);
}

/* -- making it -- */

/* Whether this session may, and this module would see the key. */
static CK_RV check_allowed(CK_SESSION_HANDLE handle, const char *id)
{
    struct token *token;
    struct session *session;
    CK_RV rv = token_enter(handle, &token, &session);
    if (rv != CKR_OK)
        return rv;
    if (!token->config.generates)
        rv = CKR_TOKEN_WRITE_PROTECTED;
    else if (!session->writes)
        rv = CKR_SESSION_READ_ONLY;
    else if (id && !patterns_match(&token->config.keys, id))
        rv = CKR_ATTRIBUTE_VALUE_INVALID;
    token_unlock();
    return rv;
}

static CK_RV take(const struct signer_key *key, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
    struct token *token = token_lock();
    if (!token)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    bool taken = inventory_open(&token->inventory, key, time_monotonic_ms());
    *public = taken ? inventory_handle(&token->inventory, key->id, CKO_PUBLIC_KEY) : 0;
    *private = taken ? inventory_handle(&token->inventory, key->id, CKO_PRIVATE_KEY) : 0;
    token_unlock();
    return *private ? CKR_OK : CKR_HOST_MEMORY;
}

static bool is_free(signer_client *client, const char *id)
{
    struct signer_key *key = NULL;
    bool is = signer_get_key(client, id, &key, NULL) == SIGNER_NOT_FOUND;
    signer_key_free(key);
    return is;
}

/* A label that was free before is of the key that was made, although the signer may say that there was one: libsigner
 * repeats the request where the connection was lost before the answer. */
static CK_RV make(const char *id, const char *algorithm, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
    struct signer_key *key = NULL;
    struct signer_error error;
    bool created = false;
    signer_client *client;
    struct token_client *borrowed = token_borrow(&client);
    if (!borrowed)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    bool was_free = is_free(client, id);
    enum signer_status status = signer_generate(client, id, algorithm, NULL, &key, &created, &error);
    CK_RV rv = report_status(&error, status);
    token_return(borrowed);
    if (status == SIGNER_ALREADY_EXISTS || (rv == CKR_OK && !created && !was_free)) {
        report_line("%s: there is a key of this label already: choose another one", id);
        rv = CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (rv == CKR_OK)
        rv = take(key, public, private);
    signer_key_free(key);
    return rv;
}

CK_RV generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public, CK_ULONG public_count,
                        CK_ATTRIBUTE *private, CK_ULONG private_count, CK_OBJECT_HANDLE *public_handle,
                        CK_OBJECT_HANDLE *private_handle)
{
    const struct template for_public = { public, public_count }, for_private = { private, private_count };
    char id[GENERATE_NAME_MAX], algorithm[GENERATE_NAME_MAX];
    CK_RV rv = check_allowed(session, NULL);
    if (rv != CKR_OK)
        return rv;
    if (!mechanism || !public_handle || !private_handle)
        return CKR_ARGUMENTS_BAD;
    rv = template_check(&for_public);
    if (rv == CKR_OK)
        rv = template_check(&for_private);
    if (rv == CKR_OK)
        rv = generate_parse(mechanism, &for_public, &for_private, id, algorithm);
    if (rv == CKR_OK)
        rv = check_allowed(session, id);
    return rv == CKR_OK ? make(id, algorithm, public_handle, private_handle) : rv;
}
