/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/input_form.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

static bool begins_with(const uint8_t *bytes, size_t length, const char *start, size_t size)
{
    return length >= size && memcmp(bytes, start, size) == 0;
}

static bool has(const uint8_t *bytes, size_t length, const char *text)
{
    return memmem(bytes, length, text, strlen(text)) != NULL;
}

/* Each has another structure, so that at most one of them fits. */
static enum input_form form_of_sequence(const uint8_t *bytes, long length)
{
    const uint8_t *at[6] = { bytes, bytes, bytes, bytes, bytes, bytes };
    PKCS12 *bag = d2i_PKCS12(NULL, &at[0], length);
    X509_SIG *encrypted = d2i_X509_SIG(NULL, &at[1], length);
    X509 *certificate = d2i_X509(NULL, &at[2], length);
    PKCS7 *chain = d2i_PKCS7(NULL, &at[3], length);
    X509_PUBKEY *public = d2i_X509_PUBKEY(NULL, &at[4], length);
    X509_REQ *request = d2i_X509_REQ(NULL, &at[5], length);
    enum input_form form = bag ? INPUT_FORM_PKCS12
        : encrypted            ? INPUT_FORM_ENCRYPTED_KEY
        : certificate          ? INPUT_FORM_CERTIFICATE
        : chain                ? INPUT_FORM_PKCS7
        : public               ? INPUT_FORM_PUBLIC_KEY
        : request              ? INPUT_FORM_REQUEST
                               : INPUT_FORM_SEQUENCE;
    PKCS12_free(bag);
    X509_SIG_free(encrypted);
    X509_free(certificate);
    PKCS7_free(chain);
    X509_PUBKEY_free(public);
    X509_REQ_free(request);
    ERR_clear_error();
    return form;
}

void input_form_skip_mark(const uint8_t **bytes, size_t *length)
{
    bool marked = begins_with(*bytes, *length, "\xef\xbb\xbf", 3);
    *bytes += marked ? 3 : 0;
    *length -= marked ? 3 : 0;
}

enum input_form input_form_of(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return INPUT_FORM_EMPTY;
    if (length > LONG_MAX) /* than which no object is larger */
        return INPUT_FORM_OTHER;
    enum input_form form = bytes[0] == 0x30 ? form_of_sequence(bytes, (long)length) : INPUT_FORM_OTHER;
    if (form != INPUT_FORM_OTHER && form != INPUT_FORM_SEQUENCE)
        return form;
    if (has(bytes, length, "-----BEGIN ")) /* text before it may begin with a zero, which is that byte */
        return INPUT_FORM_PEM;
    if (begins_with(bytes, length, "\xff\xfe", 2) || begins_with(bytes, length, "\xfe\xff", 2))
        return INPUT_FORM_UTF16;
    if (begins_with(bytes, length, "\xfe\xed\xfe\xed", 4) || begins_with(bytes, length, "\xce\xce\xce\xce", 4))
        return INPUT_FORM_JAVA;
    return begins_with(bytes, length, "PuTTY-User-Key-File", 19) ? INPUT_FORM_PUTTY : form;
}

const char *input_form_name(enum input_form form)
{
    static const char *const names[] = {
        [INPUT_FORM_EMPTY] = "empty",
        [INPUT_FORM_PEM] = "PEM",
        [INPUT_FORM_UTF16] = "text in UTF-16: save it as ASCII or UTF-8",
        [INPUT_FORM_PKCS12] = "PKCS#12",
        [INPUT_FORM_ENCRYPTED_KEY] = "an encrypted private key in DER",
        [INPUT_FORM_CERTIFICATE] = "a certificate in DER",
        [INPUT_FORM_PKCS7] = "certificates in PKCS#7, in DER",
        [INPUT_FORM_PUBLIC_KEY] = "a public key in DER",
        [INPUT_FORM_REQUEST] = "a certificate request in DER",
        [INPUT_FORM_SEQUENCE] = "DER of another kind",
        [INPUT_FORM_JAVA] = "a Java keystore: export it as PKCS#12 (keytool -importkeystore -deststoretype pkcs12)",
        [INPUT_FORM_PUTTY] = "a key of PuTTY: export it in PEM",
        [INPUT_FORM_OTHER] = "neither PEM nor DER",
    };
    return names[form];
}
