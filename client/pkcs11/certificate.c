/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "client/pkcs11/public_key.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

/* -- DER -- */

/* The next element, which must have this tag, with its tag and length. */
static bool take(struct der *from, uint8_t tag, struct der *whole)
{
    struct der before = *from;
    if (!der_expect(from, tag, NULL))
        return false;
    *whole = (struct der){ before.at, before.left - from->left };
    return true;
}

static bool parse(struct certificate *certificate)
{
    struct der all = certificate->whole, outer, tbs, skipped;
    if (!der_expect(&all, DER_SEQUENCE, &outer) || all.left > 0 || !der_expect(&outer, DER_SEQUENCE, &tbs)
        || !der_expect(&outer, DER_SEQUENCE, NULL) || !der_expect(&outer, DER_BIT_STRING, NULL) || outer.left > 0)
        return false;
    if (der_is_next(&tbs, DER_CONTEXT_0) && !der_expect(&tbs, DER_CONTEXT_0, NULL))
        return false;
    return take(&tbs, DER_INTEGER, &certificate->serial) && take(&tbs, DER_SEQUENCE, &skipped)  /* algorithm */
        && take(&tbs, DER_SEQUENCE, &certificate->issuer) && take(&tbs, DER_SEQUENCE, &skipped) /* validity */
        && take(&tbs, DER_SEQUENCE, &certificate->subject) && take(&tbs, DER_SEQUENCE, &certificate->spki)
        && public_key_id(certificate->spki, certificate->id);
}

/* -- PEM -- */

static int value_of(char letter)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? (int)(found - letters) : -1;
}

/* Base64 (RFC 4648, 4) with line ends, into `out`, which has room for length / 4 * 3 + 3 bytes. False: it is not. */
static bool decode(const char *text, size_t length, uint8_t *out, size_t *size)
{
    uint32_t held = 0;
    unsigned count = 0, padding = 0;
    *size = 0;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i]);
        if (text[i] == '\n' || text[i] == '\r')
            continue;
        if (text[i] == '=' && count % 4 >= 2)
            padding++;
        else if (value < 0 || padding > 0)
            return false;
        held = held << 6 | (value < 0 ? 0 : (uint32_t)value);
        if (++count % 4 > 0)
            continue;
        for (int byte = 2; byte >= 0; byte--)
            out[(*size)++] = (uint8_t)(held >> 8 * byte);
    }
    if (count % 4 != 0 || padding > 2 || *size < padding)
        return false;
    *size -= padding;
    return *size > 0;
}

static bool read_one(const char *text, size_t length, struct certificate *certificate)
{
    *certificate = (struct certificate){ .bytes = malloc(length / 4 * 3 + 3) };
    if (!certificate->bytes)
        return false;
    size_t size;
    bool whole = decode(text, length, certificate->bytes, &size);
    if (whole) {
        certificate->whole = (struct der){ certificate->bytes, size };
        whole = parse(certificate);
    }
    if (!whole)
        certificate_clear(certificate);
    return whole;
}

int certificate_chain(const char *pem, struct certificate chain[static CERTIFICATE_CHAIN_MAX])
{
    int count = 0;
    bool whole = true;
    while (whole && (pem = strstr(pem, BEGIN))) {
        const char *text = pem + strlen(BEGIN), *end = strstr(text, END);
        whole = end && count < CERTIFICATE_CHAIN_MAX && read_one(text, (size_t)(end - text), &chain[count]);
        if (whole) {
            count++;
            pem = end;
        }
    }
    if (whole)
        return count;
    while (count > 0)
        certificate_clear(&chain[--count]);
    return -1;
}

void certificate_clear(struct certificate *certificate)
{
    free(certificate->bytes);
    *certificate = (struct certificate){ 0 };
}
