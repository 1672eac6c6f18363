/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/key_input.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/pki/input_form.h"
#include "ceremony/pki/pkcs12_input.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

static char why[256];

__attribute__((format(printf, 1, 2))) static const char *say(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(why, sizeof why, format, values);
    va_end(values);
    return why;
}

static const char no_phrase[] = "it is encrypted, and no passphrase was given: one line of at most 1024 bytes";

/* -- one key in DER -- */

/* A PKCS#8 that OpenSSL knows by its form and not by its algorithm. */
static const char *name_algorithm(const PKCS8_PRIV_KEY_INFO *info)
{
    char name[96] = "";
    const ASN1_OBJECT *oid = NULL;
    if (PKCS8_pkey_get0(&oid, NULL, NULL, NULL, info) != 1 || OBJ_obj2txt(name, sizeof name, oid, 0) <= 0)
        return say("it is a private key that cannot be read");
    return say("it is a private key of the algorithm %s, which OpenSSL cannot read here, or it is damaged", name);
}

static const char *read_info(PKCS8_PRIV_KEY_INFO *info, EVP_PKEY **key)
{
    *key = EVP_PKCS82PKEY(info);
    return *key ? NULL : name_algorithm(info);
}

static const char *read_plain(const uint8_t *bytes, size_t length, EVP_PKEY **key)
{
    const uint8_t *at = bytes, *end = bytes + length;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)length);
    const char *wrong = NULL;
    if (info)
        wrong = read_info(info, key);
    else {
        at = bytes;
        *key = d2i_AutoPrivateKey(NULL, &at, (long)length);
        wrong = *key ? NULL : say("it is not a private key, or a damaged one");
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    if (!wrong && at != end)
        wrong = say("there is something after its private key: one file has one key");
    return wrong;
}

static const char *read_encrypted(const uint8_t *bytes, size_t length, struct pbe_phrase *phrase, EVP_PKEY **key)
{
    const X509_ALGOR *algorithm;
    const uint8_t *at = bytes;
    X509_SIG *encrypted = d2i_X509_SIG(NULL, &at, (long)length);
    const char *wrong = encrypted && at == bytes + length ? NULL : say("its encrypted private key is damaged");
    if (!wrong) {
        X509_SIG_get0(encrypted, &algorithm, NULL);
        wrong = pbe_check_cost(algorithm);
    }
    if (!wrong && !pbe_phrase_get(phrase))
        wrong = no_phrase;
    if (!wrong) {
        size_t shortages = arena_shortages();
        PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(encrypted, phrase->text, phrase->length);
        wrong = info ? read_info(info, key) : pbe_failure(shortages);
        PKCS8_PRIV_KEY_INFO_free(info);
    }
    X509_SIG_free(encrypted);
    return wrong;
}

/* -- PEM -- */

struct block {
    char *name, *header;
    uint8_t *bytes;
    long length;
};

static bool read_block(BIO *from, struct block *out)
{
    *out = (struct block){ 0 };
    return PEM_read_bio(from, &out->name, &out->header, &out->bytes, &out->length) == 1;
}

static void free_block(struct block *block)
{
    OPENSSL_free(block->name);
    OPENSSL_free(block->header);
    OPENSSL_clear_free(block->bytes, (size_t)block->length);
    *block = (struct block){ 0 };
}

static bool is_private(const struct block *block)
{
    static const char end[] = "PRIVATE KEY";
    size_t length = strlen(block->name), size = sizeof end - 1;
    return length >= size && strcmp(block->name + length - size, end) == 0;
}

/* Whether reading stopped at the end and not at a damaged block. */
static bool is_at_end(void)
{
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

static int give_phrase(char *out, int size, int writing, void *data)
{
    struct pbe_phrase *phrase = data;
    (void)writing;
    if (!pbe_phrase_get(phrase) || phrase->length > size)
        return -1;
    memcpy(out, phrase->text, (size_t)phrase->length);
    return phrase->length;
}

/* The encryption of PEM itself (RFC 1421), which takes the place of that of PKCS#8 in traditional files. */
static const char *decrypt_block(struct block *block, struct pbe_phrase *phrase, bool *encrypted)
{
    EVP_CIPHER_INFO cipher;
    size_t shortages = arena_shortages();
    if (PEM_get_EVP_CIPHER_INFO(block->header, &cipher) != 1)
        return pbe_failure(shortages);
    *encrypted = cipher.cipher != NULL;
    if (!*encrypted)
        return NULL;
    if (!pbe_phrase_get(phrase))
        return no_phrase;
    return PEM_do_header(&cipher, block->bytes, &block->length, give_phrase, phrase) == 1 ? NULL
                                                                                          : pbe_failure(shortages);
}

static const char *read_private(struct block *block, struct pbe_phrase *phrase, EVP_PKEY **key)
{
    bool encrypted = false;
    if (strcmp(block->name, PEM_STRING_PKCS8) == 0)
        return read_encrypted(block->bytes, (size_t)block->length, phrase, key);
    if (strcmp(block->name, "OPENSSH PRIVATE KEY") == 0)
        return say("it is a key in OpenSSH's own form: rewrite it with ssh-keygen -p -m PKCS8");
    const char *wrong = decrypt_block(block, phrase, &encrypted);
    if (wrong)
        return wrong;
    wrong = read_plain(block->bytes, (size_t)block->length, key);
    return wrong && encrypted ? "the passphrase is wrong" : wrong; /* one wrong one in 256 leaves a right padding */
}

static const char *count_keys(const uint8_t *bytes, size_t length, unsigned *count)
{
    char first[64] = "";
    struct block block;
    BIO *from = BIO_new_mem_buf(bytes, (int)length);
    const char *wrong = NULL;
    *count = 0;
    ERR_clear_error();
    while (from && read_block(from, &block)) {
        *count += is_private(&block);
        if (!first[0])
            snprintf(first, sizeof first, "%.60s", block.name);
        free_block(&block);
    }
    if (!from || !is_at_end())
        wrong = say("a PEM block in it is damaged or cut off");
    else if (*count == 0)
        wrong = say("there is no private key in it; it has a block \"%s\"", first);
    else if (*count > 1)
        wrong = say("there are %u private keys in it: one file has one key", *count);
    BIO_free(from);
    ERR_clear_error();
    return wrong;
}

static const char *read_pem(const uint8_t *bytes, size_t length, struct pbe_phrase *phrase, EVP_PKEY **key)
{
    unsigned count;
    struct block block = { 0 };
    const char *wrong = count_keys(bytes, length, &count);
    BIO *from = wrong ? NULL : BIO_new_mem_buf(bytes, (int)length);
    bool found = false;
    while (from && !found && read_block(from, &block))
        if (!(found = is_private(&block)))
            free_block(&block);
    if (found)
        wrong = read_private(&block, phrase, key);
    else if (!wrong)
        wrong = "there is too little memory to read it";
    free_block(&block);
    BIO_free(from);
    return wrong;
}

/* -- any form -- */

static const char *read_form(const uint8_t *bytes, size_t length, struct pbe_phrase *phrase, struct key_input *out)
{
    enum input_form form = input_form_of(bytes, length);
    switch (form) {
    case INPUT_FORM_PEM: return read_pem(bytes, length, phrase, &out->key);
    case INPUT_FORM_PKCS12: return pkcs12_input_read(bytes, length, phrase, &out->key, &out->chain);
    case INPUT_FORM_ENCRYPTED_KEY: return read_encrypted(bytes, length, phrase, &out->key);
    case INPUT_FORM_SEQUENCE: return read_plain(bytes, length, &out->key);
    default: return say("it is not a private key: it is %s", input_form_name(form));
    }
}

const char *key_input_read(const uint8_t *bytes, size_t length, pbe_ask *ask, void *context, struct key_input *out)
{
    struct pbe_phrase phrase = { .ask = ask, .context = context };
    *out = (struct key_input){ 0 };
    input_form_skip_mark(&bytes, &length);
    const char *wrong = length > INT_MAX ? "it is too large" : read_form(bytes, length, &phrase, out);
    pbe_phrase_forget(&phrase);
    ERR_clear_error();
    secret_wipe_stack();
    if (wrong)
        key_input_free(out);
    return wrong;
}

void key_input_free(struct key_input *input)
{
    EVP_PKEY_free(input->key);
    sk_X509_pop_free(input->chain, X509_free);
    *input = (struct key_input){ 0 };
}
