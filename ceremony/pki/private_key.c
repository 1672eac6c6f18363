/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/private_key.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "keystore/memory/secret.h"

static char why[256];

static bool is_rsa(const EVP_PKEY *pkey)
{
    return EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_is_a(pkey, "RSA-PSS");
}

static bool is_of(const EVP_PKEY *pkey, enum algorithm algorithm)
{
    char group[64] = "";
    if (algorithm_rsa_bits(algorithm))
        return is_rsa(pkey) && EVP_PKEY_get_bits(pkey) == (int)algorithm_rsa_bits(algorithm);
    if (!EVP_PKEY_is_a(pkey, algorithm_key_type(algorithm)))
        return false;
    return !algorithm_group(algorithm)
        || (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1
            && OBJ_txt2nid(group) == EC_curve_nist2nid(algorithm_group(algorithm)));
}

/* -- kinds that are not served -- */

static const char *name_rsa(const EVP_PKEY *pkey)
{
    int bits = EVP_PKEY_get_bits(pkey);
    snprintf(why, sizeof why, "an RSA key of %d bits%s: signer serves 2048, 3072 and 4096", bits,
             bits < 2048 ? ", which is too weak" : "");
    return why;
}

static const char *name_ec(const EVP_PKEY *pkey)
{
    char group[64] = "";
    if (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1)
        snprintf(why, sizeof why, "an EC key on the curve %s: signer serves P-256, P-384 and P-521", group);
    else
        snprintf(why, sizeof why, "an EC key on a curve without a name: signer serves P-256, P-384 and P-521");
    return why;
}

static const char *name_kind(const EVP_PKEY *pkey)
{
    const char *name = EVP_PKEY_get0_type_name(pkey);
    if (is_rsa(pkey))
        return name_rsa(pkey);
    if (EVP_PKEY_is_a(pkey, "EC"))
        return name_ec(pkey);
    snprintf(why, sizeof why, "a key of the kind %.60s, which signer does not serve", name ? name : "(unknown)");
    return why;
}

/* An RSA-PSS key with parameters restricts its own use, which a key policy cannot express. */
static bool has_pss_limits(const EVP_PKEY *pkey)
{
    char digest[32];
    return EVP_PKEY_is_a(pkey, "RSA-PSS")
        && EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_RSA_DIGEST, digest, sizeof digest, NULL) == 1;
}

const char *private_key_is_served(const EVP_PKEY *key, enum algorithm *algorithm)
{
    *algorithm = ALGORITHM_NONE + 1;
    while (*algorithm < ALGORITHM_COUNT && !is_of(key, *algorithm))
        ++*algorithm;
    if (*algorithm == ALGORITHM_COUNT) {
        *algorithm = ALGORITHM_NONE;
        return name_kind(key);
    }
    return has_pss_limits(key) ? "an RSA-PSS key with parameters, which a key policy cannot express" : NULL;
}

/* -- encoding -- */

static bool is_consistent(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = context && EVP_PKEY_pairwise_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

static bool encode(EVP_PKEY *pkey, struct private_key *out)
{
    uint8_t *private_at = out->pkcs8, *public_at = out->spki;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    int private_length = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
    int public_length = i2d_PUBKEY(pkey, NULL);
    bool fits = private_length > 0 && private_length <= PKCS8_MAX && public_length > 0
        && public_length <= KEY_PUBLIC_MAX;
    if (fits) {
        out->pkcs8_length = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &private_at);
        out->spki_length = (size_t)i2d_PUBKEY(pkey, &public_at);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    return fits;
}

const char *private_key_take(EVP_PKEY *key, struct private_key *out)
{
    const char *wrong = private_key_is_served(key, &out->algorithm);
    if (!wrong && !is_consistent(key))
        wrong = "its private and public key do not belong together";
    out->only_pss = EVP_PKEY_is_a(key, "RSA-PSS");
    if (!wrong && !encode(key, out))
        wrong = "a key that is too large";
    ERR_clear_error();
    return wrong;
}

const char *private_key_decode(const uint8_t *bytes, size_t length, struct private_key *out)
{
    const uint8_t *at = bytes;
    EVP_PKEY *key = length <= LONG_MAX ? d2i_AutoPrivateKey(NULL, &at, (long)length) : NULL;
    const char *wrong = key ? private_key_take(key, out) : "there is no private key in it";
    EVP_PKEY_free(key);
    ERR_clear_error();
    secret_wipe_stack();
    return wrong;
}
