/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/unseal_box.h"

#include <sodium.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/memory/secret.h"

#define MAGIC "SIGNRUNS"

enum {
    UNSEAL_EXPONENT_MAX = 1,
    MAGIC_SIZE = 8,
    PLAIN_SIZE = UNSEAL_BOX_SIZE - crypto_box_SEALBYTES,
    SHARE_FIELDS = 10
};

_Static_assert(crypto_box_SEALBYTES == 48 && crypto_box_PUBLICKEYBYTES == UNSEAL_KEY_SIZE
                   && crypto_box_SECRETKEYBYTES == UNSEAL_KEY_SIZE,
               "as FORMAT.md has it");

static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "signer unseal";

void unseal_box_new_pair(struct unseal_pair *out)
{
    crypto_box_keypair(out->public_key, out->private_key);
}

/* A KEK has zeros in the fields of a share, so that both kinds have the same length. */
static void put_content(struct writer *to, const struct unseal_content *content)
{
    static const struct slip39_share none = { 0 };
    bool is_kek = content->kind == UNSEAL_KEK;
    const struct slip39_share *share = is_kek ? &none : &content->share;
    bytes_put_u8(to, (uint8_t)content->kind);
    bytes_put_u16(to, share->id);
    bytes_put_u8(to, share->extendable);
    bytes_put_u8(to, share->exponent);
    bytes_put_u8(to, share->group);
    bytes_put_u8(to, share->group_threshold);
    bytes_put_u8(to, share->group_count);
    bytes_put_u8(to, share->member);
    bytes_put_u8(to, share->member_threshold);
    bytes_put_u8(to, share->length);
    bytes_put(to, is_kek ? content->kek : share->value, 32);
}

void unseal_box_seal(const struct unseal_content *content, const uint8_t keystore_id[static KEYSTORE_ID_SIZE],
                     const uint8_t challenge[static UNSEAL_CHALLENGE_SIZE],
                     const uint8_t public_key[static UNSEAL_KEY_SIZE], uint8_t out[static UNSEAL_BOX_SIZE])
{
    uint8_t plain[PLAIN_SIZE];
    struct writer to = { plain, sizeof plain, false };
    bytes_put(&to, MAGIC, MAGIC_SIZE);
    bytes_put(&to, keystore_id, KEYSTORE_ID_SIZE);
    bytes_put(&to, challenge, UNSEAL_CHALLENGE_SIZE);
    put_content(&to, content);
    memset(out, 0, UNSEAL_BOX_SIZE);
    if (crypto_box_seal(out, plain, sizeof plain, public_key) != 0)
        memset(out, 0, UNSEAL_BOX_SIZE); /* the public key is invalid: the vault refuses this box */
    secret_wipe(plain, sizeof plain);
    secret_wipe_stack();
}

/* False if the extendable flag is neither 0 nor 1. */
static bool parse_content(struct reader *from, struct unseal_content *out)
{
    struct slip39_share *share = &out->share;
    out->kind = (enum unseal_kind)bytes_read_u8(from);
    share->id = bytes_read_u16(from);
    uint8_t extendable = bytes_read_u8(from);
    share->extendable = extendable == 1;
    share->exponent = bytes_read_u8(from);
    share->group = bytes_read_u8(from);
    share->group_threshold = bytes_read_u8(from);
    share->group_count = bytes_read_u8(from);
    share->member = bytes_read_u8(from);
    share->member_threshold = bytes_read_u8(from);
    share->length = bytes_read_u8(from);
    bytes_read_into(from, out->kind == UNSEAL_KEK ? out->kek : share->value, 32);
    return extendable <= 1;
}

/* The fields index arrays and bound loops, so they are checked against the ranges of slip39_decode. Also refused are
 * shares that `split` never makes: those with a high iteration exponent, which would cost a vault seconds, and those
 * that are the whole secret by themselves. They can be joined elsewhere and delivered as a KEK. */
static bool share_makes_sense(const struct slip39_share *share)
{
    return share->id < SLIP39_ID_COUNT && share->exponent <= UNSEAL_EXPONENT_MAX
        && share->group_threshold * share->member_threshold > 1 && share->group_count >= 1
        && share->group_count <= SLIP39_GROUPS_MAX && share->group < share->group_count && share->group_threshold >= 1
        && share->group_threshold <= share->group_count && share->member < SHAMIR_SHARES_MAX
        && share->member_threshold >= 1 && share->member_threshold <= SHAMIR_SHARES_MAX
        && share->length == SHAMIR_LENGTH_MAX;
}

static bool check(const uint8_t *plain, const uint8_t *keystore_id, const uint8_t *challenge,
                  struct unseal_content *out)
{
    struct reader from = { plain + MAGIC_SIZE + KEYSTORE_ID_SIZE + UNSEAL_CHALLENGE_SIZE, 1 + SHARE_FIELDS + 32,
                           false };
    if (memcmp(plain, MAGIC, MAGIC_SIZE) != 0 || memcmp(plain + MAGIC_SIZE, keystore_id, KEYSTORE_ID_SIZE) != 0
        || memcmp(plain + MAGIC_SIZE + KEYSTORE_ID_SIZE, challenge, UNSEAL_CHALLENGE_SIZE) != 0)
        return false;
    const uint8_t *fields = from.at + 1;
    if (!parse_content(&from, out))
        return false;
    return out->kind == UNSEAL_KEK ? bytes_are_zero(fields, SHARE_FIELDS)
                                   : out->kind == UNSEAL_SHARE && share_makes_sense(&out->share);
}

enum fault unseal_box_open(const uint8_t *box, size_t length, const struct unseal_pair *pair,
                           const uint8_t keystore_id[static KEYSTORE_ID_SIZE],
                           const uint8_t challenge[static UNSEAL_CHALLENGE_SIZE], struct unseal_content *out)
{
    uint8_t plain[PLAIN_SIZE];
    memset(out, 0, sizeof *out);
    bool ok = length == UNSEAL_BOX_SIZE
        && crypto_box_seal_open(plain, box, length, pair->public_key, pair->private_key) == 0
        && check(plain, keystore_id, challenge, out);
    secret_wipe(plain, sizeof plain);
    if (!ok)
        secret_wipe(out, sizeof *out);
    return ok ? FAULT_NONE : FAULT_UNSEAL_BOX;
}

void unseal_box_fingerprint(const uint8_t *public_keys, size_t count, uint8_t out[static UNSEAL_FINGERPRINT_SIZE])
{
    uint8_t digest[32];
    crypto_generichash_blake2b_salt_personal(digest, sizeof digest, public_keys, count * UNSEAL_KEY_SIZE, NULL, 0, NULL,
                                             personal);
    memcpy(out, digest, UNSEAL_FINGERPRINT_SIZE);
}
