/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/signature.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static const char *const schemes[] = {
    [SIGNER_RSA_PKCS1] = "rsa-pkcs1", [SIGNER_RSA_PSS] = "rsa-pss", [SIGNER_ECDSA] = "ecdsa",
    [SIGNER_EDDSA] = "eddsa",         [SIGNER_ML_DSA] = "ml-dsa",   [SIGNER_SLH_DSA] = "slh-dsa",
};
static const char *const hashes[] = {
    [SIGNER_SHA256] = "sha256", [SIGNER_SHA384] = "sha384", [SIGNER_SHA512] = "sha512"
};

enum { SCHEMES = sizeof schemes / sizeof *schemes, HASHES = sizeof hashes / sizeof *hashes };

static bool wants_digest(enum signer_scheme scheme)
{
    return scheme == SIGNER_RSA_PKCS1 || scheme == SIGNER_RSA_PSS || scheme == SIGNER_ECDSA;
}

static bool digest(enum signer_hash hash, const void *bytes, size_t size, uint8_t out[static EVP_MAX_MD_SIZE],
                   unsigned *length)
{
    const EVP_MD *md = EVP_get_digestbyname(hashes[hash]);
    return md && EVP_Digest(bytes, size, out, length, md, NULL) == 1;
}

bool signature_make(signer_client *client, const struct signer_key *key, const void *bytes, size_t size,
                    uint8_t *signature, size_t *length, char scheme[static SIGNATURE_SCHEME_TEXT],
                    struct signer_error *error)
{
    uint8_t hashed[EVP_MAX_MD_SIZE];
    unsigned hashed_length = 0;
    struct signer_sign sign = { .id = key->id, .scheme = key->policy.schemes[0], .input = bytes, .input_length = size };
    bool by_digest = wants_digest(sign.scheme);
    if (by_digest) {
        sign.hash = key->policy.hashes[0];
        if (!digest(sign.hash, bytes, size, hashed, &hashed_length)) {
            *error = (struct signer_error){ .status = SIGNER_INTERNAL,
                                            .reason = "CRYPTO",
                                            .message = "OpenSSL could not compute this hash" };
            return false;
        }
        sign.input = hashed;
        sign.input_length = hashed_length;
    }
    snprintf(scheme, SIGNATURE_SCHEME_TEXT, "%s%s%s", schemes[sign.scheme], by_digest ? " " : "",
             by_digest ? hashes[sign.hash] : "");
    return signer_sign(client, &sign, signature, length, error) == SIGNER_OK;
}

/* Parses "ecdsa sha256" or "eddsa"; false for unknown names. */
static bool read_scheme(const char *text, enum signer_scheme *scheme, const char **hash)
{
    size_t length = strcspn(text, " ");
    *hash = NULL;
    for (unsigned i = 1; i < SCHEMES; i++)
        if (strlen(schemes[i]) == length && strncmp(schemes[i], text, length) == 0) {
            *scheme = (enum signer_scheme)i;
            for (unsigned j = 1; wants_digest(*scheme) && j < HASHES; j++)
                if (text[length] == ' ' && strcmp(text + length + 1, hashes[j]) == 0)
                    *hash = hashes[j];
            return wants_digest(*scheme) ? *hash != NULL : text[length] == '\0';
        }
    return false;
}

/* Whether a key of this type can sign with the scheme. */
static bool suits(EVP_PKEY *key, enum signer_scheme scheme)
{
    switch (scheme) {
    case SIGNER_RSA_PKCS1:
    case SIGNER_RSA_PSS: return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
    case SIGNER_ECDSA: return EVP_PKEY_is_a(key, "EC");
    case SIGNER_EDDSA: return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");
    case SIGNER_ML_DSA: return strncmp(EVP_PKEY_get0_type_name(key), "ML-DSA", 6) == 0;
    case SIGNER_SLH_DSA: return strncmp(EVP_PKEY_get0_type_name(key), "SLH-DSA", 7) == 0;
    }
    return false;
}

static bool verify(EVP_MD_CTX *context, EVP_PKEY *key, enum signer_scheme scheme, const char *hash, const void *bytes,
                   size_t size, const uint8_t *signature, size_t length)
{
    EVP_PKEY_CTX *padding = NULL;
    if (EVP_DigestVerifyInit_ex(context, &padding, hash, NULL, NULL, key, NULL) != 1)
        return false;
    if (scheme == SIGNER_RSA_PSS
        && (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_DigestVerify(context, signature, length, bytes, size) == 1;
}

bool signature_verify(const uint8_t *spki, size_t spki_length, const char *scheme, const void *bytes, size_t size,
                      const uint8_t *signature, size_t length)
{
    enum signer_scheme number;
    const char *hash;
    const uint8_t *at = spki;
    if (!read_scheme(scheme, &number, &hash))
        return false;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki_length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = key && context && suits(key, number)
        && verify(context, key, number, hash, bytes, size, signature, length);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return ok;
}
