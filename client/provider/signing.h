/* One signature in the making, whichever way OpenSSL drives it: the key, the hash and padding
 * chosen so far, and the digest of what has been fed. */
#ifndef CLIENT_PROVIDER_SIGNING_H
#define CLIENT_PROVIDER_SIGNING_H

#include <openssl/evp.h>

#include "client/provider/hash.h"
#include "client/provider/key.h"
#include "client/provider/padding.h"

struct signing {
    struct provider *provider;
    struct key *key;
    const struct hash *hash; /* NULL: none chosen, or none wanted */
    bool streaming;          /* the hash is at work and cannot change */
    struct padding padding;
    EVP_MD_CTX *digest;
};

struct signing *signing_new(struct provider *provider);
struct signing *signing_copy(const struct signing *signing);
void signing_free(struct signing *signing);

/* The rest return 1, or 0 with a report. */

/* Begins with `key`, or again with the one that it has where that is NULL. */
int signing_begin(struct signing *signing, struct key *key);

/* Chooses the hash by its name. None ("", "UNDEF", NULL) is right for kinds that sign a message
 * and changes nothing for the others. */
int signing_choose_hash(struct signing *signing, const char *name);

/* Begins to hash, with SHA-256 where none is chosen; nothing for kinds that sign a message. */
int signing_start_digest(struct signing *signing);

/* Writes the digest of what was fed, EVP_MAX_MD_SIZE bytes at most. */
int signing_finish_digest(struct signing *signing, unsigned char *digest);

/* Whether `length` bytes can be a digest to sign; chooses the hash by it for ECDSA. */
int signing_accept_digest(struct signing *signing, size_t length);

/* Has the signer sign a digest or a message. With `signature` NULL only the size that it may
 * have is given. */
int signing_sign(struct signing *signing, const unsigned char *input, size_t input_length, unsigned char *signature,
                 size_t *length, size_t capacity);

#endif
