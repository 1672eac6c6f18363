/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/signing.h"

#include <string.h>

#include <openssl/crypto.h>

#define KEY_CHANGED "KEY_CHANGED"

struct signing *signing_new(struct provider *provider)
{
    struct signing *signing = OPENSSL_zalloc(sizeof *signing);
    if (signing != NULL)
        signing->provider = provider;
    return signing;
}

void signing_free(struct signing *signing)
{
    if (signing == NULL)
        return;
    EVP_MD_CTX_free(signing->digest);
    key_free(signing->key);
    OPENSSL_free(signing);
}

struct signing *signing_copy(const struct signing *signing)
{
    struct signing *copy = signing_new(signing->provider);
    if (copy == NULL)
        return NULL;
    *copy = *signing;
    copy->digest = NULL;
    if (copy->key != NULL)
        key_reference(copy->key);
    if (signing->digest == NULL)
        return copy;
    copy->digest = EVP_MD_CTX_new();
    if (copy->digest == NULL || EVP_MD_CTX_copy_ex(copy->digest, signing->digest) != 1) {
        signing_free(copy);
        return NULL;
    }
    return copy;
}

int signing_begin(struct signing *signing, struct key *key)
{
    signing->streaming = false;
    if (key == NULL)
        return signing->key != NULL;
    struct key *before = signing->key;
    signing->key = key_reference(key);
    key_free(before);
    signing->hash = NULL;
    padding_init(&signing->padding, key->kind->scheme == SIGNER_RSA_PSS);
    return 1;
}

static int accept_hash(struct signing *signing, const struct hash *hash, const char *name)
{
    const struct report *report = &signing->provider->report;
    if (hash == NULL) {
        REPORT(report, "HASH_NOT_ALLOWED", "%s: the signer signs with " HASH_NAMES, name);
        return 0;
    }
    if (signing->streaming && hash != signing->hash) {
        REPORT(report, "HASH_NOT_ALLOWED", "hashing with %s has begun: it is too late for %s", signing->hash->name,
               name);
        return 0;
    }
    signing->hash = hash;
    return 1;
}

int signing_choose_hash(struct signing *signing, const char *name)
{
    if (name == NULL || *name == '\0' || OPENSSL_strcasecmp(name, "UNDEF") == 0)
        return 1;
    if (signing->key != NULL && signing->key->kind->digested)
        return accept_hash(signing, hash_by_name(name), name);
    REPORT(&signing->provider->report, "HASH_NOT_ALLOWED",
           "an %s key signs the message itself: leave the digest %s out",
           signing->key != NULL ? signing->key->kind->name : "absent", name);
    return 0;
}

int signing_check_policy(const struct signing *signing)
{
    const struct key *key = signing->key;
    const struct hash *usual = hash_default(&key->policy);
    if (!key->kind->digested || signing->hash == NULL || hash_is_allowed(signing->hash, &key->policy))
        return 1;
    REPORT(&signing->provider->report, "HASH_NOT_ALLOWED",
           "the policy of key %s does not allow %s: sign with %s, or see signerctl show %s", key->id,
           signing->hash->name, usual != NULL ? usual->name : "no hash", key->id);
    return 0;
}

int signing_start_digest(struct signing *signing)
{
    if (!signing->key->kind->digested)
        return 1;
    if (signing->hash == NULL)
        signing->hash = hash_default(&signing->key->policy);
    if (signing->hash == NULL)
        return 0;
    if (signing->digest == NULL)
        signing->digest = EVP_MD_CTX_new();
    EVP_MD *md = EVP_MD_fetch(signing->provider->inner, signing->hash->name, NULL);
    signing->streaming = md != NULL && signing->digest != NULL && EVP_DigestInit_ex2(signing->digest, md, NULL) == 1;
    EVP_MD_free(md);
    return signing->streaming;
}

int signing_finish_digest(struct signing *signing, unsigned char *digest)
{
    unsigned int length = 0;
    if (!signing->streaming)
        return 0;
    signing->streaming = false;
    return EVP_DigestFinal_ex(signing->digest, digest, &length) == 1;
}

/* The hash can be inferred from the length only for ECDSA. An RSA signature contains the hash's identifier, and PKCS#1
 * without a digest is another operation in OpenSSL. */
int signing_accept_digest(struct signing *signing, size_t length)
{
    const struct report *report = &signing->provider->report;
    if (signing->hash == NULL && kind_is_rsa(signing->key->kind)) {
        REPORT(report, "DIGEST_MISSING", "say which hash made the digest to sign, as in -pkeyopt digest:sha256");
        return 0;
    }
    if (signing->hash == NULL)
        signing->hash = hash_by_size(length);
    if (signing->hash == NULL) {
        REPORT(report, "DIGEST_LENGTH", "%zu bytes are not a digest of " HASH_NAMES ": hash the message first", length);
        return 0;
    }
    if (signing->hash->size == length)
        return 1;
    REPORT(report, "DIGEST_LENGTH", "%zu bytes to sign, but a digest of %s has %zu", length, signing->hash->name,
           signing->hash->size);
    return 0;
}

static enum signer_scheme scheme_of(const struct signing *signing)
{
    if (kind_is_rsa(signing->key->kind))
        return signing->padding.pss ? SIGNER_RSA_PSS : SIGNER_RSA_PKCS1;
    return signing->key->kind->scheme;
}

int signing_sign(struct signing *signing, const unsigned char *input, size_t input_length, unsigned char *signature,
                 size_t *length, size_t capacity)
{
    const struct key *key = signing->key;
    int size = EVP_PKEY_get_size(key->public_half);
    *length = signature == NULL && size > 0 ? (size_t)size : capacity;
    if (signature == NULL)
        return size > 0;
    if (signing->hash != NULL && !padding_check(&signing->padding, &signing->provider->report, signing->hash))
        return 0;
    struct signer_sign what = {
        .id = key->id,
        .scheme = scheme_of(signing),
        .hash = signing->hash != NULL ? signing->hash->hash : SIGNER_HASH_NONE,
        .input = input,
        .input_length = input_length,
        .public_key_sha256 = key->public_key_sha256,
    };
    struct signer_error error = { 0 };
    if (signer_sign(clients_mine(&signing->provider->clients), &what, signature, length, &error) == SIGNER_OK)
        return 1;
    if (strcmp(error.reason, KEY_CHANGED) == 0)
        REPORT(&signing->provider->report, KEY_CHANGED,
               "signer://%s has become another key since it was loaded (it was made again, or another keystore is "
               "served): nothing was signed; load it again, with a certificate of the key that it is now",
               key->id);
    else
        REPORT_SIGNER(&signing->provider->report, &error);
    return 0;
}
