/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/signers/challenge.h"

#include <stdio.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

#define TITLE "signer ceremony challenge 1\n"

static int make(char out[static 128])
{
    uint8_t random[32];
    char hex[2 * sizeof random + 1];
    secret_random(random, sizeof random);
    bytes_to_hex(random, sizeof random, hex);
    return snprintf(out, 128, TITLE "%s\n", hex);
}

static void set_error(struct signer_error *error, const char *reason, const char *message)
{
    *error = (struct signer_error){ .status = SIGNER_FAILED_PRECONDITION };
    snprintf(error->reason, sizeof error->reason, "%s", reason);
    snprintf(error->message, sizeof error->message, "%s", message);
}

static bool sign_and_verify(signer_client *client, const struct signer_key *key, const uint8_t *spki,
                            size_t spki_length, struct signer_error *error)
{
    static uint8_t signature[SIGNER_SIGNATURE_MAX];
    char text[128], scheme[SIGNATURE_SCHEME_TEXT];
    size_t length = sizeof signature, size = (size_t)make(text);
    if (!signature_make(client, key, text, size, signature, &length, scheme, error))
        return false;
    if (signature_verify(spki ? spki : key->public_key, spki ? spki_length : key->public_key_length, scheme, text, size,
                         signature, length))
        return true;
    set_error(error, "SIGNATURE_WRONG",
              spki ? "its signature does not verify with its certificate"
                   : "its signature does not verify with its public key");
    return false;
}

bool challenge_key(signer_client *client, const char *id, const uint8_t *spki, size_t spki_length,
                   struct challenge *out, struct signer_error *error)
{
    struct signer_key *key = NULL;
    if (signer_get_key(client, id, &key, error) != SIGNER_OK)
        return false;
    bool ok = sign_and_verify(client, key, spki, spki_length, error);
    snprintf(out->algorithm, sizeof out->algorithm, "%s", key->algorithm);
    sha256_text(key->public_key, key->public_key_length, out->public_sha256);
    signer_key_free(key);
    return ok;
}
