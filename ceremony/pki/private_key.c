/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/private_key.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "keystore/memory/secret.h"

struct asking {
    private_key_ask *ask;
    void *context;
};

static int ask_passphrase(char *out, int size, int writing, void *data)
{
    struct asking *asking = data;
    (void)writing;
    return asking->ask ? asking->ask(out, size, asking->context) : -1;
}

static EVP_PKEY *decode(const uint8_t *bytes, size_t length, struct asking *asking)
{
    BIO *from = length <= INT_MAX ? BIO_new_mem_buf(bytes, (int)length) : NULL;
    EVP_PKEY *pkey = from ? PEM_read_bio_PrivateKey(from, NULL, ask_passphrase, asking) : NULL;
    BIO_free(from);
    const uint8_t *at = bytes;
    if (!pkey && length > 0 && bytes[0] == 0x30) /* a DER SEQUENCE */
        pkey = d2i_AutoPrivateKey(NULL, &at, (long)length);
    return pkey;
}

static bool is_of(const EVP_PKEY *pkey, enum algorithm algorithm)
{
    char group[64] = "";
    if (algorithm_rsa_bits(algorithm))
        return (EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_is_a(pkey, "RSA-PSS"))
            && EVP_PKEY_get_bits(pkey) == (int)algorithm_rsa_bits(algorithm);
    if (!EVP_PKEY_is_a(pkey, algorithm_key_type(algorithm)))
        return false;
    return !algorithm_group(algorithm)
        || (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1
            && OBJ_txt2nid(group) == EC_curve_nist2nid(algorithm_group(algorithm)));
}

static enum algorithm algorithm_of(const EVP_PKEY *pkey)
{
    enum algorithm algorithm = ALGORITHM_NONE + 1;
    while (algorithm < ALGORITHM_COUNT && !is_of(pkey, algorithm))
        algorithm++;
    return algorithm < ALGORITHM_COUNT ? algorithm : ALGORITHM_NONE;
}

/* An RSA-PSS key with parameters restricts its own use, which a key policy cannot express. */
static bool has_pss_limits(const EVP_PKEY *pkey)
{
    char digest[32];
    return EVP_PKEY_is_a(pkey, "RSA-PSS")
        && EVP_PKEY_get_utf8_string_param(pkey, "digest", digest, sizeof digest, NULL) == 1;
}

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

static const char *check(EVP_PKEY *pkey, struct private_key *out)
{
    out->algorithm = algorithm_of(pkey);
    if (out->algorithm == ALGORITHM_NONE)
        return "a key of a kind or size that signer does not support";
    if (has_pss_limits(pkey))
        return "an RSA-PSS key with parameters, which a key policy cannot express";
    if (!is_consistent(pkey))
        return "its private and public key do not belong together";
    out->only_pss = EVP_PKEY_is_a(pkey, "RSA-PSS");
    return encode(pkey, out) ? NULL : "a key that is too large";
}

const char *private_key_decode(const uint8_t *bytes, size_t length, private_key_ask *ask, void *context,
                               struct private_key *out)
{
    struct asking asking = { ask, context };
    EVP_PKEY *pkey = decode(bytes, length, &asking);
    const char *wrong = pkey ? check(pkey, out) : "no private key in PEM or DER, or a wrong passphrase";
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    secret_wipe_stack();
    return wrong;
}
