/* SPDX-License-Identifier: Apache-2.0 */
#include "client/provider/kind.h"

#include <openssl/err.h>

#define MESSAGE(name, scheme) { name, name, scheme, false }

const struct kind kind_table[KIND_COUNT] = {
    { "RSA", "RSA", SIGNER_RSA_PKCS1, true },
    { "RSA-PSS", "RSA", SIGNER_RSA_PSS, true },
    { "EC", "ECDSA", SIGNER_ECDSA, true },
    MESSAGE("ED25519", SIGNER_EDDSA),
    MESSAGE("ED448", SIGNER_EDDSA),
    MESSAGE("ML-DSA-44", SIGNER_ML_DSA),
    MESSAGE("ML-DSA-65", SIGNER_ML_DSA),
    MESSAGE("ML-DSA-87", SIGNER_ML_DSA),
    MESSAGE("SLH-DSA-SHA2-128s", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHA2-128f", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHA2-192s", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHA2-192f", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHA2-256s", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHA2-256f", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHAKE-128s", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHAKE-128f", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHAKE-192s", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHAKE-192f", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHAKE-256s", SIGNER_SLH_DSA),
    MESSAGE("SLH-DSA-SHAKE-256f", SIGNER_SLH_DSA),
};

const struct kind *kind_of(const EVP_PKEY *key)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (EVP_PKEY_is_a(key, kind_table[i].name))
            return &kind_table[i];
    return NULL;
}

bool kind_supported(const struct kind *kind, OSSL_LIB_CTX *context)
{
    ERR_set_mark();
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(context, kind->name, NULL);
    ERR_pop_to_mark();
    EVP_KEYMGMT_free(found);
    return found != NULL;
}

bool kind_is_rsa(const struct kind *kind)
{
    return kind->scheme == SIGNER_RSA_PKCS1 || kind->scheme == SIGNER_RSA_PSS;
}
