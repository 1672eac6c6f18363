/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/operation.h"

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

struct operation *operation_new(const struct mechanism *mechanism, const struct key *key)
{
    struct operation *operation = calloc(1, sizeof *operation);
    if (!operation)
        return NULL;
    operation->mechanism = *mechanism;
    memcpy(operation->id, key->id, sizeof operation->id);
    memcpy(operation->sha256, key->sha256, sizeof operation->sha256);
    operation->signature_size = key->public_key.signature_size;
    if (mechanism->input == MECHANISM_HASHED)
        sha2_begin(&operation->sha2, mechanism->hash);
    return operation;
}

void operation_free(struct operation *operation)
{
    if (operation)
        free(operation->input);
    free(operation);
}

static size_t input_max(const struct operation *operation)
{
    bool whole = operation->mechanism.input == MECHANISM_WHOLE;
    return whole ? SIGN_REQUEST_MAX - MESSAGE_ROOM : DIGEST_INFO_PREFIX + SHA2_SIZE_MAX;
}

CK_RV operation_add(struct operation *operation, const uint8_t *bytes, size_t length)
{
    if (operation->mechanism.input == MECHANISM_HASHED) {
        sha2_add(&operation->sha2, bytes, length);
        return CKR_OK;
    }
    size_t most = input_max(operation);
    if (length > most - operation->length)
        return CKR_DATA_LEN_RANGE;
    size_t needed = operation->length + length;
    if (needed > operation->capacity) {
        size_t capacity = 2 * needed < most ? 2 * needed : most;
        uint8_t *larger = realloc(operation->input, capacity);
        if (!larger)
            return CKR_HOST_MEMORY;
        operation->input = larger;
        operation->capacity = capacity;
    }
    if (length > 0)
        memcpy(operation->input + operation->length, bytes, length);
    operation->length = needed;
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

static CK_RV prepare(struct operation *operation, struct signer_sign *what, uint8_t digest[static SHA2_SIZE_MAX])
{
    *what = (struct signer_sign){ .id = operation->id,
                                  .scheme = operation->mechanism.scheme,
                                  .hash = operation->mechanism.hash,
                                  .input = operation->input ? operation->input : digest,
                                  .input_length = operation->length,
                                  .public_key_sha256 = operation->sha256 };
    switch (operation->mechanism.input) {
    case MECHANISM_HASHED:
        sha2_end(&operation->sha2, digest);
        what->input = digest;
        what->input_length = sha2_size(what->hash);
        return CKR_OK;
    case MECHANISM_DIGEST_INFO: return open_digest_info(what) ? CKR_OK : CKR_DATA_INVALID;
    case MECHANISM_DIGEST: return accept_digest(what) ? CKR_OK : CKR_DATA_LEN_RANGE;
    default: return CKR_OK;
    }
}

/* -- the signature -- */

CK_RV operation_sign(struct operation *operation, signer_client *client, uint8_t *signature, CK_ULONG *length)
{
    struct signer_sign what;
    struct signer_error error;
    uint8_t digest[SHA2_SIZE_MAX] = { 0 }, made[SIGNATURE_DER_MAX];
    size_t size = sizeof made;
    CK_RV rv = prepare(operation, &what, digest);
    if (rv != CKR_OK)
        return rv;
    rv = report_status(&error, signer_sign(client, &what, made, &size, &error));
    if (rv != CKR_OK)
        return rv;
    bool fits = size == operation->signature_size;
    if (what.scheme == SIGNER_ECDSA)
        fits = ecdsa_raw(made, size, signature, operation->signature_size);
    else if (fits)
        memcpy(signature, made, size);
    if (!fits)
        report_line("%s: the signer's answer is no signature of this key", operation->id);
    *length = fits ? operation->signature_size : 0;
    return fits ? CKR_OK : CKR_DEVICE_ERROR;
}
