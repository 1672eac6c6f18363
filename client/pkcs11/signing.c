/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/signing.h"

#include <stdlib.h>
#include <string.h>

#include "client/pkcs11/ecdsa.h"
#include "client/pkcs11/report.h"

enum {
    DIGEST_INFO_PREFIX = 19,
    HASH_PLACE = 14,          /* of the byte of the hash's OID that differs */
    MESSAGE_ROOM = 512,       /* of a request, for all but the message */
    SIGNATURE_DER_MAX = 1024, /* RSA-4096: 512 bytes */
};

struct signing *signing_new(const struct mechanism *mechanism, const struct key *key)
{
    struct signing *signing = calloc(1, sizeof *signing);
    if (!signing)
        return NULL;
    signing->mechanism = *mechanism;
    memcpy(signing->id, key->id, sizeof signing->id);
    memcpy(signing->sha256, key->sha256, sizeof signing->sha256);
    signing->signature_size = key->public_key.signature_size;
    if (mechanism->input == MECHANISM_HASHED)
        sha2_begin(&signing->sha2, mechanism->hash);
    return signing;
}

void signing_free(struct signing *signing)
{
    if (signing)
        free(signing->input);
    free(signing);
}

static size_t input_max(const struct signing *signing)
{
    bool whole = signing->mechanism.input == MECHANISM_WHOLE;
    return whole ? SIGN_REQUEST_MAX - MESSAGE_ROOM : DIGEST_INFO_PREFIX + SHA2_SIZE_MAX;
}

CK_RV signing_add(struct signing *signing, const uint8_t *bytes, size_t length)
{
    if (signing->mechanism.input == MECHANISM_HASHED) {
        sha2_add(&signing->sha2, bytes, length);
        return CKR_OK;
    }
    size_t most = input_max(signing);
    if (length > most - signing->length)
        return CKR_DATA_LEN_RANGE;
    size_t needed = signing->length + length;
    if (needed > signing->capacity) {
        size_t capacity = 2 * needed < most ? 2 * needed : most;
        uint8_t *larger = realloc(signing->input, capacity);
        if (!larger)
            return CKR_HOST_MEMORY;
        signing->input = larger;
        signing->capacity = capacity;
    }
    if (length > 0)
        memcpy(signing->input + signing->length, bytes, length);
    signing->length = needed;
    return CKR_OK;
}

/* -- the input -- */

/* DigestInfo of SHA-256, SHA-384 and SHA-512 with NULL parameters, in DER (RFC 8017, 9.2, note 1), and nothing else: a
 * caller could have anything signed otherwise. */
static bool open_digest_info(struct signer_sign *what)
{
    static const enum signer_hash hashes[] = { SIGNER_SHA256, SIGNER_SHA384, SIGNER_SHA512 };
    uint8_t prefix[DIGEST_INFO_PREFIX] = { 0x30, 0,    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                           0x65, 0x03, 0x04, 0x02, 0,    0x05, 0x00, 0x04, 0 };
    for (uint8_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        size_t size = sha2_size(hashes[i]);
        prefix[1] = (uint8_t)(sizeof prefix - 2 + size);
        prefix[HASH_PLACE] = (uint8_t)(i + 1);
        prefix[sizeof prefix - 1] = (uint8_t)size;
        if (what->input_length != sizeof prefix + size || memcmp(what->input, prefix, sizeof prefix) != 0)
            continue;
        what->hash = hashes[i];
        what->input += sizeof prefix;
        what->input_length = size;
        return true;
    }
    return false;
}

static bool accept_digest(struct signer_sign *what)
{
    for (enum signer_hash hash = SIGNER_SHA256; what->hash == SIGNER_HASH_NONE && hash <= SIGNER_SHA512; hash++)
        if (sha2_size(hash) == what->input_length)
            what->hash = hash;
    return what->hash != SIGNER_HASH_NONE && sha2_size(what->hash) == what->input_length;
}

static CK_RV prepare(struct signing *signing, struct signer_sign *what, uint8_t digest[static SHA2_SIZE_MAX])
{
    *what = (struct signer_sign){ .id = signing->id,
                                  .scheme = signing->mechanism.scheme,
                                  .hash = signing->mechanism.hash,
                                  .input = signing->input ? signing->input : digest,
                                  .input_length = signing->length,
                                  .public_key_sha256 = signing->sha256 };
    switch (signing->mechanism.input) {
    case MECHANISM_HASHED:
        sha2_end(&signing->sha2, digest);
        what->input = digest;
        what->input_length = sha2_size(what->hash);
        return CKR_OK;
    case MECHANISM_DIGEST_INFO: return open_digest_info(what) ? CKR_OK : CKR_DATA_INVALID;
    case MECHANISM_DIGEST: return accept_digest(what) ? CKR_OK : CKR_DATA_LEN_RANGE;
    default: return CKR_OK;
    }
}

/* -- the signature -- */

CK_RV signing_sign(struct signing *signing, signer_client *client, uint8_t *signature, CK_ULONG *length)
{
    struct signer_sign what;
    struct signer_error error;
    uint8_t digest[SHA2_SIZE_MAX] = { 0 }, made[SIGNATURE_DER_MAX];
    size_t size = sizeof made;
    CK_RV rv = prepare(signing, &what, digest);
    if (rv != CKR_OK)
        return rv;
    rv = report_status(&error, signer_sign(client, &what, made, &size, &error));
    if (rv != CKR_OK)
        return rv;
    bool fits = size == signing->signature_size;
    if (what.scheme == SIGNER_ECDSA)
        fits = ecdsa_raw(made, size, signature, signing->signature_size);
    else if (fits)
        memcpy(signature, made, size);
    if (!fits)
        report_line("%s: the signer's answer is no signature of this key", signing->id);
    *length = fits ? signing->signature_size : 0;
    return fits ? CKR_OK : CKR_DEVICE_ERROR;
}
