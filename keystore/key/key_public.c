/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/key_public.h"

#include <sodium.h>

#include "keystore/format/bytes.h"

/* Policy fields: {number, length, value}, in ascending order, each at most once. */
enum { FIELD_SCHEMES = 1, FIELD_HASHES = 2, FIELD_SIZE = 2 + 2 + 2 };

static void put_policy(struct writer *to, struct policy policy)
{
    bytes_put_u16(to, 2 * FIELD_SIZE);
    bytes_put_u16(to, FIELD_SCHEMES);
    bytes_put_u16(to, sizeof policy.schemes);
    bytes_put_u16(to, policy.schemes);
    bytes_put_u16(to, FIELD_HASHES);
    bytes_put_u16(to, sizeof policy.hashes);
    bytes_put_u16(to, policy.hashes);
}

size_t key_public_encode(const struct key_public *key, uint8_t *out, size_t capacity)
{
    struct writer to = { out, capacity, false };
    bytes_put(&to, key->keystore_id, KEYSTORE_ID_SIZE);
    bytes_put(&to, key->id.text, KEY_ID_SIZE);
    bytes_put_u16(&to, (uint16_t)key->algorithm);
    bytes_put_u64(&to, key->created);
    put_policy(&to, key->policy);
    bytes_put_u32(&to, (uint32_t)key->spki_length);
    bytes_put(&to, key->spki, key->spki_length);
    return to.failed ? 0 : capacity - to.left;
}

/* An unknown field is an error, because it may be a constraint that this version would not enforce. */
static enum fault parse_policy(struct reader *from, struct policy *out)
{
    uint16_t length = bytes_read_u16(from);
    const uint8_t *fields = bytes_read(from, length);
    struct reader policy = { fields, fields ? length : 0, !fields };
    for (uint16_t expected = FIELD_SCHEMES; expected <= FIELD_HASHES; expected++) {
        uint16_t number = bytes_read_u16(&policy), size = bytes_read_u16(&policy);
        uint16_t value = bytes_read_u16(&policy);
        if (policy.failed || number < expected || size != sizeof value)
            return FAULT_KEY_CORRUPT;
        if (number > expected)
            return FAULT_KEY_NEWER;
        *(expected == FIELD_SCHEMES ? &out->schemes : &out->hashes) = value;
    }
    if (policy.left == 0)
        return FAULT_NONE;
    return policy.left < 2 + 2 ? FAULT_KEY_CORRUPT : FAULT_KEY_NEWER; /* trailing bytes, or one more field */
}

static enum fault check(const struct key_public *key)
{
    if (!algorithm_name(key->algorithm))
        return FAULT_KEY_NEWER;
    if (key->policy.schemes >> SCHEME_COUNT || key->policy.hashes >> HASH_COUNT)
        return FAULT_KEY_NEWER;
    return algorithm_allows(key->algorithm, key->policy) && key->spki_length > 0 ? FAULT_NONE : FAULT_KEY_CORRUPT;
}

enum fault key_public_parse(const uint8_t *bytes, size_t length, struct key_public *out)
{
    struct reader from = { bytes, length, false };
    bytes_read_into(&from, out->keystore_id, KEYSTORE_ID_SIZE);
    const uint8_t *id = bytes_read(&from, KEY_ID_SIZE);
    if (!id || !key_id_from_field(id, &out->id))
        return FAULT_KEY_CORRUPT;
    out->algorithm = (enum algorithm)bytes_read_u16(&from);
    out->created = bytes_read_u64(&from);
    enum fault fault = parse_policy(&from, &out->policy);
    if (fault)
        return fault;
    out->spki_length = bytes_read_u32(&from);
    out->spki = bytes_read(&from, out->spki_length);
    if (from.failed || from.left > 0)
        return FAULT_KEY_CORRUPT;
    return check(out);
}

void key_public_fingerprint(const struct key_public *key, uint8_t out[static KEY_FINGERPRINT_SIZE])
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "signer key name";
    crypto_generichash_blake2b_state state;
    crypto_generichash_blake2b_init_salt_personal(&state, NULL, 0, KEY_FINGERPRINT_SIZE, NULL, personal);
    crypto_generichash_blake2b_update(&state, (const uint8_t *)key->id.text, KEY_ID_SIZE);
    crypto_generichash_blake2b_update(&state, key->spki, key->spki_length);
    crypto_generichash_blake2b_final(&state, out, KEY_FINGERPRINT_SIZE);
}
