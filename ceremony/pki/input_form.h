/* SPDX-License-Identifier: Apache-2.0 */
/* What a file with a key or a certificate is, so that a message can name it. */
#ifndef CEREMONY_PKI_INPUT_FORM_H
#define CEREMONY_PKI_INPUT_FORM_H

#include <stddef.h>
#include <stdint.h>

enum input_form {
    INPUT_FORM_EMPTY,
    INPUT_FORM_PEM, /* it has at least one line that begins a block */
    INPUT_FORM_UTF16,
    INPUT_FORM_PKCS12,
    INPUT_FORM_ENCRYPTED_KEY, /* DER from here on: EncryptedPrivateKeyInfo */
    INPUT_FORM_CERTIFICATE,
    INPUT_FORM_PKCS7,
    INPUT_FORM_PUBLIC_KEY,
    INPUT_FORM_REQUEST,
    INPUT_FORM_SEQUENCE, /* another DER SEQUENCE, such as a private key */
    INPUT_FORM_JAVA,
    INPUT_FORM_PUTTY,
    INPUT_FORM_OTHER,
};

/* Moves behind a byte order mark of UTF-8, which Windows puts before text. */
void input_form_skip_mark(const uint8_t **bytes, size_t *length);

enum input_form input_form_of(const uint8_t *bytes, size_t length);

/* "a certificate in DER"; worded to follow "it is ". */
const char *input_form_name(enum input_form form);

#endif
