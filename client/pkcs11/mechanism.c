/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/mechanism.h"

#include <string.h>

#include "client/sha2.h"

#define RSA_INFO(does) { 2048, 4096, does }
#define EC_INFO(does) { 256, 521, (does) | CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS }
#define EDWARDS_INFO(does) { 255, 448, (does) | CKF_EC_F_P | CKF_EC_OID }

#define PKCS1(type, input, hash) { type, CKK_RSA, input, SIGNER_RSA_PKCS1, hash, RSA_INFO(CKF_SIGN) }
#define PSS(type, input, hash) { type, CKK_RSA, input, SIGNER_RSA_PSS, hash, RSA_INFO(CKF_SIGN) }
#define ECDSA(type, input, hash) { type, CKK_EC, input, SIGNER_ECDSA, hash, EC_INFO(CKF_SIGN) }
#define MAKES(type, key, info) { type, key, MECHANISM_NOTHING, 0, SIGNER_HASH_NONE, info(CKF_GENERATE_KEY_PAIR) }

static const struct mechanism table[] = {
    ECDSA(CKM_ECDSA, MECHANISM_DIGEST, SIGNER_HASH_NONE),
    ECDSA(CKM_ECDSA_SHA256, MECHANISM_HASHED, SIGNER_SHA256),
    ECDSA(CKM_ECDSA_SHA384, MECHANISM_HASHED, SIGNER_SHA384),
    ECDSA(CKM_ECDSA_SHA512, MECHANISM_HASHED, SIGNER_SHA512),
    PKCS1(CKM_RSA_PKCS, MECHANISM_DIGEST_INFO, SIGNER_HASH_NONE),
    PKCS1(CKM_SHA256_RSA_PKCS, MECHANISM_HASHED, SIGNER_SHA256),
    PKCS1(CKM_SHA384_RSA_PKCS, MECHANISM_HASHED, SIGNER_SHA384),
    PKCS1(CKM_SHA512_RSA_PKCS, MECHANISM_HASHED, SIGNER_SHA512),
    PSS(CKM_RSA_PKCS_PSS, MECHANISM_DIGEST, SIGNER_HASH_NONE),
    PSS(CKM_SHA256_RSA_PKCS_PSS, MECHANISM_HASHED, SIGNER_SHA256),
    PSS(CKM_SHA384_RSA_PKCS_PSS, MECHANISM_HASHED, SIGNER_SHA384),
    PSS(CKM_SHA512_RSA_PKCS_PSS, MECHANISM_HASHED, SIGNER_SHA512),
    { CKM_EDDSA, CKK_EC_EDWARDS, MECHANISM_WHOLE, SIGNER_EDDSA, SIGNER_HASH_NONE, EDWARDS_INFO(CKF_SIGN) },
    MAKES(CKM_EC_KEY_PAIR_GEN, CKK_EC, EC_INFO),
    MAKES(CKM_RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, RSA_INFO),
    MAKES(CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, EDWARDS_INFO),
};

enum { ROWS = sizeof table / sizeof *table };

static bool is_there(const struct mechanism *row, bool generates)
{
    return generates || row->input != MECHANISM_NOTHING;
}

CK_RV mechanism_list(bool generates, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    CK_ULONG room = *count;
    *count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (!is_there(&table[i], generates))
            continue;
        if (list && *count < room)
            list[*count] = table[i].type;
        ++*count;
    }
    return list && room < *count ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

const struct mechanism *mechanism_find(bool generates, CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].type == type && is_there(&table[i], generates))
            return &table[i];
    return NULL;
}

/* The signer makes PSS with MGF1 of the same hash, and a salt as long as the hash. */
static bool accept_pss(const CK_MECHANISM *asked, struct mechanism *chosen)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        CK_ULONG mgf;
        enum signer_hash hash;
    } hashes[] = {
        { CKM_SHA256, CKG_MGF1_SHA256, SIGNER_SHA256 },
        { CKM_SHA384, CKG_MGF1_SHA384, SIGNER_SHA384 },
        { CKM_SHA512, CKG_MGF1_SHA512, SIGNER_SHA512 },
    };
    CK_RSA_PKCS_PSS_PARAMS given;
    if (!asked->pParameter || asked->ulParameterLen != sizeof given)
        return false;
    memcpy(&given, asked->pParameter, sizeof given);
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        if (hashes[i].type == given.hashAlg && hashes[i].mgf == given.mgf && sha2_size(hashes[i].hash) == given.sLen
            && (chosen->hash == SIGNER_HASH_NONE || chosen->hash == hashes[i].hash)) {
            chosen->hash = hashes[i].hash;
            return true;
        }
    return false;
}

/* Pure EdDSA without a context: no parameters, or those that say so. */
static bool accept_eddsa(const CK_MECHANISM *asked)
{
    CK_EDDSA_PARAMS given;
    if (asked->ulParameterLen == 0)
        return true;
    if (!asked->pParameter || asked->ulParameterLen != sizeof given)
        return false;
    memcpy(&given, asked->pParameter, sizeof given);
    return !given.phFlag && given.ulContextDataLen == 0;
}

CK_RV mechanism_choose(const CK_MECHANISM *asked, struct mechanism *chosen)
{
    const struct mechanism *row = mechanism_find(false, asked->mechanism);
    if (!row)
        return CKR_MECHANISM_INVALID;
    *chosen = *row;
    bool accepted = row->scheme == SIGNER_RSA_PSS ? accept_pss(asked, chosen)
        : row->scheme == SIGNER_EDDSA             ? accept_eddsa(asked)
                                                  : asked->ulParameterLen == 0;
    return accepted ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}
