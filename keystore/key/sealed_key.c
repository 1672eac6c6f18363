/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/sealed_key.h"

#include <stdbool.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/format/checksum.h"
#include "keystore/memory/secret.h"

#define MAGIC "SIGNRKEY"

enum { MAGIC_SIZE = 8, VERSION = 1 };

/* -- layout -- */

static bool wraps_in_order(const struct sealed_key *sealed)
{
    return sealed->wrap_count < 2 || memcmp(sealed->wraps, sealed->wraps + WRAP_SIZE, KEK_ID_SIZE) < 0;
}

static bool parse_parts(struct reader *from, struct sealed_key *out)
{
    size_t public_length = bytes_read_u32(from), wraps_length = bytes_read_u32(from);
    size_t payload_length = bytes_read_u32(from);
    if (public_length < KEY_PUBLIC_FIXED || public_length > KEY_PUBLIC_MAX || wraps_length % WRAP_SIZE != 0
        || wraps_length == 0 || wraps_length > SEALED_KEY_WRAPS_MAX * WRAP_SIZE || payload_length < PAYLOAD_OVERHEAD
        || payload_length > PKCS8_MAX + PAYLOAD_OVERHEAD)
        return false;
    out->public_part = bytes_read(from, public_length);
    out->wraps = bytes_read(from, wraps_length);
    out->wraps_tag = bytes_read(from, SEAL_HASH_SIZE);
    out->payload = bytes_read(from, payload_length);
    out->public_length = public_length;
    out->wrap_count = wraps_length / WRAP_SIZE;
    out->payload_length = payload_length;
    return !from->failed && from->left == 0 && wraps_in_order(out);
}

enum fault sealed_key_look(const uint8_t *bytes, size_t length, struct sealed_key *out)
{
    *out = (struct sealed_key){ .bytes = bytes };
    if (!checksum_holds(bytes, length) || length < SEALED_KEY_PREFIX + CHECKSUM_SIZE
        || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return FAULT_KEY_CORRUPT;
    struct reader from = { bytes + MAGIC_SIZE, length - MAGIC_SIZE - CHECKSUM_SIZE, false };
    if (bytes_read_u32(&from) != VERSION)
        return FAULT_KEY_NEWER;
    return parse_parts(&from, out) ? FAULT_NONE : FAULT_KEY_CORRUPT;
}

enum fault sealed_key_peek(const uint8_t *start, size_t length, struct key_public *out)
{
    struct reader from = { start, length, false };
    const uint8_t *magic = bytes_read(&from, MAGIC_SIZE);
    uint32_t version = bytes_read_u32(&from), public_length = bytes_read_u32(&from);
    if (from.failed || memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
        return FAULT_KEY_CORRUPT;
    if (version != VERSION)
        return FAULT_KEY_NEWER;
    (void)bytes_read_u32(&from);
    (void)bytes_read_u32(&from);
    const uint8_t *public_part = bytes_read(&from, public_length);
    return public_part ? key_public_parse(public_part, public_length, out) : FAULT_KEY_CORRUPT;
}

struct kek_id sealed_key_kek(const struct sealed_key *sealed, size_t wrap)
{
    struct kek_id id;
    memcpy(id.bytes, sealed->wraps + wrap * WRAP_SIZE, KEK_ID_SIZE);
    return id;
}

/* -- opening -- */

static struct seal_context context_of(const uint8_t *file, const uint8_t *public_part, size_t length)
{
    return (struct seal_context){ file, SEALED_KEY_PREFIX, public_part, length };
}

static const uint8_t *find_wrap(const struct sealed_key *sealed, const struct kek_id *id)
{
    for (size_t i = 0; i < sealed->wrap_count; i++)
        if (memcmp(sealed->wraps + i * WRAP_SIZE, id->bytes, KEK_ID_SIZE) == 0)
            return sealed->wraps + i * WRAP_SIZE;
    return NULL;
}

bool sealed_key_has_kek(const struct sealed_key *sealed, const struct kek_id *id)
{
    return find_wrap(sealed, id) != NULL;
}

static enum fault check_wraps(const struct sealed_key *sealed, const struct data_key *key)
{
    uint8_t tag[SEAL_HASH_SIZE];
    seal_wraps_tag(key, sealed->wraps, sealed->wrap_count * WRAP_SIZE, tag);
    return secret_equal(tag, sealed->wraps_tag, sizeof tag) ? FAULT_NONE : FAULT_KEY_TAMPERED;
}

static enum fault open_payload(const struct sealed_key *sealed, const struct data_key *key, uint8_t *pkcs8)
{
    struct seal_context context = context_of(sealed->bytes, sealed->public_part, sealed->public_length);
    enum fault fault = check_wraps(sealed, key);
    return fault ? fault : seal_open_payload(&context, key, sealed->payload, sealed->payload_length, pkcs8);
}

enum fault sealed_key_open(const struct sealed_key *sealed, const struct kek *kek,
                           const uint8_t keystore_id[static KEYSTORE_ID_SIZE], const struct key_id *id,
                           uint8_t pkcs8[static PKCS8_MAX], size_t *length)
{
    struct data_key key;
    struct seal_context context = context_of(sealed->bytes, sealed->public_part, sealed->public_length);
    const uint8_t *wrap = find_wrap(sealed, &kek->id);
    *length = 0;
    if (!wrap)
        return FAULT_KEK_MISMATCH;
    if (memcmp(sealed->public_part, keystore_id, KEYSTORE_ID_SIZE) != 0)
        return FAULT_KEY_FOREIGN;
    if (memcmp(sealed->public_part + KEY_PUBLIC_ID_OFFSET, id->text, KEY_ID_SIZE) != 0)
        return FAULT_KEY_MISNAMED;
    enum fault fault = seal_unwrap(&context, kek, wrap, &key);
    if (!fault)
        fault = open_payload(sealed, &key, pkcs8);
    secret_wipe(&key, sizeof key);
    if (fault)
        secret_wipe(pkcs8, PKCS8_MAX);
    else
        *length = sealed->payload_length - PAYLOAD_OVERHEAD;
    return fault;
}

/* -- changing the wraps -- */

/* In ascending order of KEK id, as FORMAT.md requires. */
static void put_wraps(struct writer *to, const struct seal_context *context, const struct data_key *key,
                      const struct kek *const *keks, size_t count)
{
    uint8_t wrap[WRAP_SIZE], nonce[SEAL_NONCE_SIZE];
    bool swap = count == 2 && memcmp(keks[0]->id.bytes, keks[1]->id.bytes, KEK_ID_SIZE) > 0;
    for (size_t i = 0; i < count; i++) {
        secret_random(nonce, sizeof nonce);
        seal_wrap(context, keks[swap ? 1 - i : i], key, nonce, wrap);
        bytes_put(to, wrap, sizeof wrap);
    }
}

static size_t write_rewrapped(const struct sealed_key *sealed, const struct data_key *key,
                              const struct kek *const *keks, size_t count, uint8_t *out)
{
    struct writer to = { out, SEALED_KEY_MAX, false };
    struct seal_context context = context_of(sealed->bytes, sealed->public_part, sealed->public_length);
    uint8_t tag[SEAL_HASH_SIZE], sum[CHECKSUM_SIZE];
    bytes_put(&to, sealed->bytes, SEALED_KEY_PREFIX);
    bytes_put_u32(&to, (uint32_t)sealed->public_length);
    bytes_put_u32(&to, (uint32_t)(count * WRAP_SIZE));
    bytes_put_u32(&to, (uint32_t)sealed->payload_length);
    bytes_put(&to, sealed->public_part, sealed->public_length);
    const uint8_t *wraps = to.at;
    put_wraps(&to, &context, key, keks, count);
    seal_wraps_tag(key, wraps, count * WRAP_SIZE, tag);
    bytes_put(&to, tag, sizeof tag);
    bytes_put(&to, sealed->payload, sealed->payload_length);
    checksum(out, (size_t)(to.at - out), sum);
    bytes_put(&to, sum, sizeof sum);
    return (size_t)(to.at - out);
}

enum fault sealed_key_rewrap(const struct sealed_key *sealed, const struct kek *opener, const struct kek *const *keks,
                             size_t count, uint8_t out[static SEALED_KEY_MAX], size_t *length)
{
    struct data_key key;
    struct seal_context context = context_of(sealed->bytes, sealed->public_part, sealed->public_length);
    const uint8_t *wrap = find_wrap(sealed, &opener->id);
    if (!wrap)
        return FAULT_KEK_MISMATCH;
    enum fault fault = seal_unwrap(&context, opener, wrap, &key);
    if (!fault)
        fault = check_wraps(sealed, &key);
    if (!fault)
        *length = write_rewrapped(sealed, &key, keks, count, out);
    secret_wipe(&key, sizeof key);
    return fault;
}

/* -- sealing -- */

void sealed_key_seed_random(struct sealed_key_seed *seed)
{
    secret_random((uint8_t *)seed, sizeof *seed);
}

size_t sealed_key_seal(const struct key_public *key, const struct kek *kek, const struct sealed_key_seed *seed,
                       const uint8_t *pkcs8, size_t length, uint8_t out[static SEALED_KEY_MAX])
{
    uint8_t wrap[WRAP_SIZE], tag[SEAL_HASH_SIZE], sum[CHECKSUM_SIZE];
    uint8_t *public_part = out + SEALED_KEY_FIXED;
    size_t public_length = key_public_encode(key, public_part, KEY_PUBLIC_MAX);
    if (public_length == 0 || length == 0 || length > PKCS8_MAX)
        return 0;
    struct writer to = { out, SEALED_KEY_MAX, false };
    bytes_put(&to, MAGIC, MAGIC_SIZE);
    bytes_put_u32(&to, VERSION);
    bytes_put_u32(&to, (uint32_t)public_length);
    bytes_put_u32(&to, WRAP_SIZE);
    bytes_put_u32(&to, (uint32_t)(length + PAYLOAD_OVERHEAD));
    to.at += public_length; /* encoded in place above */
    to.left -= public_length;
    struct seal_context context = context_of(out, public_part, public_length);
    seal_wrap(&context, kek, &seed->key, seed->wrap_nonce, wrap);
    bytes_put(&to, wrap, sizeof wrap);
    seal_wraps_tag(&seed->key, wrap, sizeof wrap, tag);
    bytes_put(&to, tag, sizeof tag);
    seal_payload(&context, &seed->key, seed->payload_nonce, pkcs8, length, to.at);
    to.at += length + PAYLOAD_OVERHEAD;
    to.left -= length + PAYLOAD_OVERHEAD;
    checksum(out, (size_t)(to.at - out), sum);
    bytes_put(&to, sum, sizeof sum);
    return (size_t)(to.at - out);
}
