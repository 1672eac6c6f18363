/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one signature operation: the key, the hash and padding chosen so far, and the running digest. */
#ifndef CLIENT_PROVIDER_SIGNING_H
#define CLIENT_PROVIDER_SIGNING_H

#include <openssl/evp.h>

#include "client/provider/hash.h"
#include "client/provider/key.h"
#include "client/provider/padding.h"

struct signing {
    struct provider *provider;
    struct key *key;
    const struct hash *hash; /* NULL: not chosen yet, or the key signs a message */
    bool streaming;          /* hashing has begun, so the hash cannot change */
    struct padding padding;
    EVP_MD_CTX *digest;
};

struct signing *signing_new(struct provider *provider);
struct signing *signing_copy(const struct signing *signing);
void signing_free(struct signing *signing);

/* The functions below return 1, or 0 on failure. */

/* Begins with `key`; if that is NULL, begins again with the current key. */
int signing_begin(struct signing *signing, struct key *key);

/* Chooses the hash by its name. NULL, "" and "UNDEF" change nothing; kinds that sign a message accept only these. */
int signing_choose_hash(struct signing *signing, const char *name);

/* Whether the key's policy allows a signature with the hash that was chosen. The signer would refuse it; refused at its
 * beginning, TLS takes another signature algorithm. */
int signing_check_policy(const struct signing *signing);

/* Begins to hash, with the default of the key's policy if no hash was chosen. Does nothing for kinds that sign a
 * message. */
int signing_start_digest(struct signing *signing);

/* Ends the hashing and writes the digest, at most EVP_MAX_MD_SIZE bytes. */
int signing_finish_digest(struct signing *signing, unsigned char *digest);

/* Checks that a digest to sign has the length of the hash; for ECDSA, chooses the hash by the length if none was
 * chosen. */
int signing_accept_digest(struct signing *signing, size_t length);

/* Requests the signature of a digest or a message from the signer. With `signature` NULL it only sets *length to the
 * maximum size of a signature. */
int signing_sign(struct signing *signing, const unsigned char *input, size_t input_length, unsigned char *signature,
                 size_t *length, size_t capacity);

#endif
