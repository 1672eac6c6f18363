/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signerctl/digest.h"

#include <errno.h>
#include <openssl/evp.h>

enum { LINE_BYTES = 48 }; /* 64 characters of PEM */

static const EVP_MD *method(enum signer_hash hash)
{
    switch (hash) {
    case SIGNER_SHA256: return EVP_sha256();
    case SIGNER_SHA384: return EVP_sha384();
    case SIGNER_SHA512: return EVP_sha512();
    default: return NULL;
    }
}

static bool add_file(EVP_MD_CTX *context, FILE *file)
{
    uint8_t block[16384];
    size_t got;
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        if (!EVP_DigestUpdate(context, block, got)) {
            errno = EIO;
            return false;
        }
    }
    return !ferror(file);
}

size_t digest_file(FILE *file, enum signer_hash hash, uint8_t out[static DIGEST_SIZE])
{
    unsigned length = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    errno = EIO;
    if (context && method(hash) && EVP_DigestInit_ex(context, method(hash), NULL) && add_file(context, file)
        && !EVP_DigestFinal_ex(context, out, &length))
        length = 0;
    EVP_MD_CTX_free(context);
    return length;
}

void digest_pem(FILE *out, const char *label, const uint8_t *bytes, size_t length)
{
    unsigned char line[4 * LINE_BYTES / 3 + 1];
    fprintf(out, "-----BEGIN %s-----\n", label);
    while (length > 0) {
        size_t part = length < LINE_BYTES ? length : LINE_BYTES;
        EVP_EncodeBlock(line, bytes, (int)part);
        fprintf(out, "%s\n", line);
        bytes += part;
        length -= part;
    }
    fprintf(out, "-----END %s-----\n", label);
}
