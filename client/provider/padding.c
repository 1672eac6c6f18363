/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/padding.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

struct word {
    const char *text;
    int value;
};

static const struct word modes[] = {
    { OSSL_PKEY_RSA_PAD_MODE_PKCSV15, RSA_PKCS1_PADDING },
    { OSSL_PKEY_RSA_PAD_MODE_PSS, RSA_PKCS1_PSS_PADDING },
    { NULL, 0 },
};

static const struct word salts[] = {
    { OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, RSA_PSS_SALTLEN_DIGEST },
    { OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO, RSA_PSS_SALTLEN_AUTO },
    { "auto-digestmax", RSA_PSS_SALTLEN_AUTO }, /* at most the digest's length, which the signer uses */
    { NULL, 0 },
};

enum { AUTO_DIGEST_MAX = -4 }; /* "auto-digestmax" as a number, which OpenSSL 3.0's headers do not define */

void padding_init(struct padding *padding, bool always_pss)
{
    *padding = (struct padding){ .pss = always_pss, .always_pss = always_pss, .salt = RSA_PSS_SALTLEN_AUTO };
}

/* Parses a word of the list or a decimal number. */
static int parse(const char *text, const struct word *words, int *value)
{
    for (; words->text != NULL; words++)
        if (strcmp(text, words->text) == 0) {
            *value = words->value;
            return 1;
        }
    char *end = NULL;
    long number = strtol(text, &end, 10);
    *value = (int)number;
    return end != text && *end == '\0' && number >= -16 && number <= 65536;
}

/* Programs pass a number, the openssl command passes text. */
static int read_word(const OSSL_PARAM *param, const struct word *words, int *value)
{
    const char *text = NULL;
    if (param->data_type != OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_get_int(param, value);
    return OSSL_PARAM_get_utf8_string_ptr(param, &text) && parse(text, words, value);
}

static int set_mode(struct padding *padding, const struct report *report, const OSSL_PARAM *param)
{
    int mode = 0;
    if (!read_word(param, modes, &mode) || (mode != RSA_PKCS1_PSS_PADDING && mode != RSA_PKCS1_PADDING)) {
        REPORT(report, "PADDING_NOT_ALLOWED", "the signer pads with pkcs1 or pss, nothing else");
        return 0;
    }
    if (padding->always_pss && mode != RSA_PKCS1_PSS_PADDING) {
        REPORT(report, "PADDING_NOT_ALLOWED", "an RSA-PSS key signs with padding pss only");
        return 0;
    }
    padding->pss = mode == RSA_PKCS1_PSS_PADDING;
    return 1;
}

static int set_salt(struct padding *padding, const struct report *report, const OSSL_PARAM *param)
{
    int salt = 0;
    int known = read_word(param, salts, &salt);
    if (known && salt == AUTO_DIGEST_MAX)
        salt = RSA_PSS_SALTLEN_AUTO;
    if (!known
        || (salt != RSA_PSS_SALTLEN_DIGEST && salt != RSA_PSS_SALTLEN_AUTO
            && (salt < 0 || hash_by_size((size_t)salt) == NULL))) {
        REPORT(report, "SALT_LENGTH",
               "the signer makes a PSS salt as long as the hash; use rsa_pss_saltlen:digest, or leave it out");
        return 0;
    }
    padding->salt = salt;
    return 1;
}

static int set_mgf1(struct padding *padding, const struct report *report, const OSSL_PARAM *param)
{
    const char *name = NULL;
    if (!OSSL_PARAM_get_utf8_string_ptr(param, &name))
        return 0;
    padding->mgf1 = hash_by_name(name);
    if (padding->mgf1 == NULL)
        REPORT(report, "HASH_NOT_ALLOWED", "MGF1 with %s: the signer uses " HASH_NAMES, name);
    return padding->mgf1 != NULL;
}

int padding_set(struct padding *padding, const struct report *report, const OSSL_PARAM params[])
{
    const OSSL_PARAM *mode = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    const OSSL_PARAM *salt = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    const OSSL_PARAM *mgf1 = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    return (mode == NULL || set_mode(padding, report, mode)) && (salt == NULL || set_salt(padding, report, salt))
        && (mgf1 == NULL || set_mgf1(padding, report, mgf1));
}

static int set_value(OSSL_PARAM params[], const char *key, int number, const char *text)
{
    OSSL_PARAM *param = OSSL_PARAM_locate(params, key);
    if (param == NULL)
        return 1;
    if (param->data_type == OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_set_utf8_string(param, text);
    return OSSL_PARAM_set_int(param, number);
}

int padding_get(const struct padding *padding, const struct hash *hash, OSSL_PARAM params[])
{
    OSSL_PARAM *mgf1 = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
    const char *mode = padding->pss ? OSSL_PKEY_RSA_PAD_MODE_PSS : OSSL_PKEY_RSA_PAD_MODE_PKCSV15;
    return set_value(params, OSSL_SIGNATURE_PARAM_PAD_MODE, padding->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING,
                     mode)
        && set_value(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN, RSA_PSS_SALTLEN_DIGEST,
                     OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST)
        && (mgf1 == NULL || OSSL_PARAM_set_utf8_string(mgf1, hash != NULL ? hash->name : ""));
}

int padding_check(const struct padding *padding, const struct report *report, const struct hash *hash)
{
    if (!padding->pss)
        return 1;
    if (padding->salt >= 0 && (size_t)padding->salt != hash->size) {
        REPORT(report, "SALT_LENGTH", "a PSS salt of %d bytes with %s: the signer makes it as long as the hash, %zu",
               padding->salt, hash->name, hash->size);
        return 0;
    }
    if (padding->mgf1 != NULL && padding->mgf1 != hash) {
        REPORT(report, "HASH_NOT_ALLOWED", "MGF1 with %s: the signer uses that of the digest, %s", padding->mgf1->name,
               hash->name);
        return 0;
    }
    return 1;
}

void padding_params(struct padding *padding, OSSL_PARAM params[PADDING_PARAMS])
{
    static char pss[] = OSSL_PKEY_RSA_PAD_MODE_PSS, pkcs1[] = OSSL_PKEY_RSA_PAD_MODE_PKCSV15;
    *params++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, padding->pss ? pss : pkcs1, 0);
    if (padding->pss)
        *params++ = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &padding->salt);
    *params = OSSL_PARAM_construct_end();
}
