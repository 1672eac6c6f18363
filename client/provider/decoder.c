/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/decoder.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "client/provider/fetch.h"
#include "client/provider/key.h"

static void *newctx(void *context)
{
    return context; /* nothing differs between two decoders */
}

static void freectx(void *context)
{
    (void)context;
}

/* Also where anything is wanted: then a private key is what a file of this label stands for. */
static int does_selection(void *context, int selection)
{
    (void)context;
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

/* The key that a reference names, with one reference. NULL: reported. */
static struct key *find_key(struct provider *provider, const struct signer_reference *reference)
{
    struct signer_key *known = fetch_key(provider, reference->id);
    struct key *key = NULL;
    if (known == NULL)
        return NULL;
    if (known->public_key_length == reference->public_key_length
        && memcmp(known->public_key, reference->public_key, known->public_key_length) == 0)
        key = key_new(provider, known);
    else
        REPORT(&provider->report, "KEY_CHANGED",
               "the signer's key %s is another one than the reference names: make the reference again, with signerctl "
               "show %s --reference, if that is right",
               reference->id, reference->id);
    signer_key_free(known);
    return key;
}

/* -- from PEM -- */

/* The signer is asked here and again where the key is made: what is wrong is reported from here alone, since OpenSSL
 * drops what decoders of DER say when it opens a file as a store. */
static int pass_der(struct provider *provider, unsigned char *der, size_t length, OSSL_CALLBACK *callback,
                    void *argument)
{
    static char structure[] = DECODER_STRUCTURE;
    int type = OSSL_OBJECT_PKEY;
    struct signer_reference reference;
    struct signer_error error = { 0 };
    if (signer_reference_read(der, length, &reference, &error) != SIGNER_OK) {
        REPORT_SIGNER(&provider->report, &error);
        return 0;
    }
    struct key *key = find_key(provider, &reference);
    if (key == NULL)
        return 0;
    OSSL_PARAM object[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)(uintptr_t)key->kind->name, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, length),
        OSSL_PARAM_construct_end(),
    };
    key_free(key); /* its kind is in a table */
    return callback(object, argument);
}

/* One PEM block of any label, as OpenSSL's own decoder reads them. Returns whether it is a reference; the caller frees
 * *der. */
static bool read_reference(struct provider *provider, OSSL_CORE_BIO *core, unsigned char **der, long *length)
{
    char *label = NULL, *header = NULL;
    BIO *in = BIO_new_from_core_bio(provider->inner, core);
    *der = NULL;
    ERR_set_mark();
    bool found = in != NULL && PEM_read_bio(in, &label, &header, der, length) == 1
        && strcmp(label, SIGNER_REFERENCE_LABEL) == 0;
    ERR_pop_to_mark();
    if (found && header[0] != '\0') /* RFC 1421's, which a reference has none of: then it is no reference */
        *length = 0;
    BIO_free(in);
    OPENSSL_free(label);
    OPENSSL_free(header);
    return found;
}

/* What is no reference is left to other decoders: 1 without an object. */
static int decode_pem(void *context, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *callback, void *argument,
                      OSSL_PASSPHRASE_CALLBACK *passphrase, void *passphrase_argument)
{
    unsigned char *der;
    long length = 0;
    (void)passphrase;
    (void)passphrase_argument;
    bool found = read_reference(context, in, &der, &length) && does_selection(context, selection);
    int good = !found || pass_der(context, der, (size_t)length, callback, argument);
    OPENSSL_free(der);
    return good;
}

/* -- from DER -- */

/* All that is there, up to a byte more than a reference can have. */
static size_t read_all(struct provider *provider, OSSL_CORE_BIO *core, unsigned char *out, size_t capacity)
{
    size_t length = 0, got = 0;
    BIO *in = BIO_new_from_core_bio(provider->inner, core);
    while (in != NULL && length < capacity && BIO_read_ex(in, out + length, capacity - length, &got) == 1)
        length += got;
    BIO_free(in);
    return length;
}

static int decode_der(void *context, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *callback, void *argument,
                      OSSL_PASSPHRASE_CALLBACK *passphrase, void *passphrase_argument)
{
    unsigned char der[SIGNER_REFERENCE_MAX + 1];
    struct signer_reference reference;
    (void)passphrase;
    (void)passphrase_argument;
    size_t length = does_selection(context, selection) ? read_all(context, in, der, sizeof der) : 0;
    if (signer_reference_read(der, length, &reference, NULL) != SIGNER_OK)
        return 1; /* another decoder's */
    return key_pass(find_key(context, &reference), callback, argument);
}

#define COMMON                                                                                                         \
    { OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))newctx }, { OSSL_FUNC_DECODER_FREECTX, (void (*)(void))freectx },      \
    {                                                                                                                  \
        OSSL_FUNC_DECODER_DOES_SELECTION, (void (*)(void))does_selection                                               \
    }

const OSSL_DISPATCH decoder_pem_functions[] = {
    COMMON,
    { OSSL_FUNC_DECODER_DECODE, (void (*)(void))decode_pem },
    { 0, NULL },
};

const OSSL_DISPATCH decoder_der_functions[] = {
    COMMON,
    { OSSL_FUNC_DECODER_DECODE, (void (*)(void))decode_der },
    { 0, NULL },
};
