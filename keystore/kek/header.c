/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/header.h"

#include <sodium.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/format/checksum.h"
#include "keystore/memory/secret.h"

#define MAGIC "SIGNRKST"

enum { MAGIC_SIZE = 8, VERSION = 1 };

/* -- bytes -- */

static void put_body(struct writer *to, const struct header *header)
{
    bytes_put(to, MAGIC, MAGIC_SIZE);
    bytes_put_u32(to, VERSION);
    bytes_put(to, header->keystore_id, KEYSTORE_ID_SIZE);
    bytes_put_u8(to, (uint8_t)header->rekey);
    bytes_put_u8(to, (uint8_t)header->kek_count);
    for (size_t i = 0; i < header->kek_count; i++) {
        const struct header_kek *kek = &header->keks[i];
        bytes_put(to, kek->id.bytes, KEK_ID_SIZE);
        bytes_put_u8(to, (uint8_t)kek->role);
        bytes_put_u64(to, kek->since);
        bytes_put_u64(to, kek->until);
    }
}

size_t header_encode(const struct header *header, uint8_t out[static HEADER_FILE_MAX])
{
    struct writer to = { out, HEADER_FILE_MAX, false };
    put_body(&to, header);
    for (size_t i = 0; i < header->kek_count; i++)
        bytes_put(&to, header->keks[i].tag, HEADER_TAG_SIZE);
    uint8_t sum[CHECKSUM_SIZE];
    checksum(out, (size_t)(to.at - out), sum);
    bytes_put(&to, sum, sizeof sum);
    return (size_t)(to.at - out);
}

static void parse_keks(struct reader *from, struct header *out)
{
    for (size_t i = 0; i < out->kek_count; i++) {
        struct header_kek *kek = &out->keks[i];
        bytes_read_into(from, kek->id.bytes, KEK_ID_SIZE);
        kek->role = (enum kek_role)bytes_read_u8(from);
        kek->since = bytes_read_u64(from);
        kek->until = bytes_read_u64(from);
    }
    for (size_t i = 0; i < out->kek_count; i++)
        bytes_read_into(from, out->keks[i].tag, HEADER_TAG_SIZE);
}

static bool is_named_before(const struct header *header, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (kek_id_equal(&header->keks[j].id, &header->keks[i].id))
            return true;
    return false;
}

static bool entry_makes_sense(const struct header_kek *kek)
{
    if (kek->role == KEK_RETIRED)
        return bytes_are_zero(kek->tag, sizeof kek->tag);
    return (kek->role == KEK_CURRENT || kek->role == KEK_INCOMING) && kek->until == 0;
}

/* Exactly one current KEK, an incoming one exactly in the states begun to verified, no id twice. */
static bool makes_sense(const struct header *header)
{
    size_t current = 0, incoming = 0;
    for (size_t i = 0; i < header->kek_count; i++) {
        const struct header_kek *kek = &header->keks[i];
        if (!entry_makes_sense(kek) || is_named_before(header, i))
            return false;
        current += kek->role == KEK_CURRENT;
        incoming += kek->role == KEK_INCOMING;
    }
    bool two = header->rekey >= REKEY_BEGUN && header->rekey <= REKEY_VERIFIED;
    return header->rekey <= REKEY_FINISHING && current == 1 && incoming == (two ? 1 : 0);
}

enum fault header_parse(const uint8_t *bytes, size_t length, struct header *out)
{
    memset(out, 0, sizeof *out);
    if (!checksum_holds(bytes, length) || length < MAGIC_SIZE + 4 + CHECKSUM_SIZE
        || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return FAULT_KEYSTORE_CORRUPT;
    struct reader from = { bytes + MAGIC_SIZE, length - MAGIC_SIZE - CHECKSUM_SIZE, false };
    if (bytes_read_u32(&from) != VERSION)
        return FAULT_KEYSTORE_NEWER;
    bytes_read_into(&from, out->keystore_id, KEYSTORE_ID_SIZE);
    out->rekey = (enum rekey_state)bytes_read_u8(&from);
    out->kek_count = bytes_read_u8(&from);
    if (out->kek_count > HEADER_KEKS_MAX)
        return FAULT_KEYSTORE_CORRUPT;
    parse_keks(&from, out);
    if (from.failed || from.left > 0 || !makes_sense(out))
        return FAULT_KEYSTORE_CORRUPT;
    return FAULT_NONE;
}

/* -- tags -- */

static void compute_tag(const struct header *header, const struct kek *kek, uint8_t tag[static HEADER_TAG_SIZE])
{
    uint8_t body[HEADER_FILE_MAX], subkey[SUBKEY_SIZE];
    struct writer to = { body, sizeof body, false };
    put_body(&to, header);
    kek_derive(kek, KEK_FOR_HEADER, subkey);
    crypto_generichash(tag, HEADER_TAG_SIZE, body, (size_t)(to.at - body), subkey, sizeof subkey);
    secret_wipe(subkey, sizeof subkey);
}

static size_t find(const struct header *header, const struct kek_id *id)
{
    size_t i = 0;
    while (i < header->kek_count && !kek_id_equal(&header->keks[i].id, id))
        i++;
    return i;
}

void header_tag(struct header *header, const struct kek *kek)
{
    size_t i = find(header, &kek->id);
    if (i < header->kek_count)
        compute_tag(header, kek, header->keks[i].tag);
}

enum fault header_check(const struct header *header, const struct kek *kek)
{
    size_t i = find(header, &kek->id);
    if (i == header->kek_count)
        return FAULT_KEK_MISMATCH;
    if (header->keks[i].role == KEK_RETIRED)
        return FAULT_KEK_RETIRED;
    uint8_t tag[HEADER_TAG_SIZE];
    compute_tag(header, kek, tag);
    return secret_equal(tag, header->keks[i].tag, sizeof tag) ? FAULT_NONE : FAULT_KEYSTORE_TAMPERED;
}

void header_create(struct header *out, const uint8_t keystore_id[static KEYSTORE_ID_SIZE], const struct kek *kek,
                   uint64_t now)
{
    *out = (struct header){ .kek_count = 1 };
    memcpy(out->keystore_id, keystore_id, KEYSTORE_ID_SIZE);
    out->keks[0] = (struct header_kek){ .id = kek->id, .role = KEK_CURRENT, .since = now };
    header_tag(out, kek);
}

const struct header_kek *header_current(const struct header *header)
{
    size_t i = 0;
    while (i + 1 < header->kek_count && header->keks[i].role != KEK_CURRENT)
        i++;
    return &header->keks[i];
}

const struct header_kek *header_incoming(const struct header *header)
{
    for (size_t i = 0; i < header->kek_count; i++)
        if (header->keks[i].role == KEK_INCOMING)
            return &header->keks[i];
    return NULL;
}

const struct header_kek *header_find(const struct header *header, const struct kek_id *id)
{
    size_t i = find(header, id);
    return i < header->kek_count ? &header->keks[i] : NULL;
}

/* -- changing the KEK -- */

static void drop(struct header *header, size_t i)
{
    memmove(&header->keks[i], &header->keks[i + 1], (header->kek_count - i - 1) * sizeof *header->keks);
    header->kek_count--;
}

static void drop_oldest_retired(struct header *header)
{
    size_t oldest = header->kek_count;
    for (size_t i = 0; i < header->kek_count; i++)
        if (header->keks[i].role == KEK_RETIRED
            && (oldest == header->kek_count || header->keks[i].until < header->keks[oldest].until))
            oldest = i;
    if (oldest < header->kek_count)
        drop(header, oldest);
}

void header_rekey_begin(struct header *header, const struct kek *current, const struct kek *incoming, uint64_t now)
{
    if (header->kek_count == HEADER_KEKS_MAX)
        drop_oldest_retired(header);
    header->keks[header->kek_count++] = (struct header_kek){ .id = incoming->id, .role = KEK_INCOMING, .since = now };
    header_rekey_advance(header, REKEY_BEGUN, current, incoming);
}

void header_rekey_advance(struct header *header, enum rekey_state state, const struct kek *current,
                          const struct kek *incoming)
{
    header->rekey = state;
    header_tag(header, current);
    header_tag(header, incoming);
}

void header_rekey_finish(struct header *header, const struct kek *incoming, uint64_t now)
{
    for (size_t i = 0; i < header->kek_count; i++) {
        struct header_kek *kek = &header->keks[i];
        if (kek->role == KEK_CURRENT) {
            kek->role = KEK_RETIRED;
            kek->until = now;
            memset(kek->tag, 0, sizeof kek->tag);
        } else if (kek->role == KEK_INCOMING) {
            kek->role = KEK_CURRENT;
        }
    }
    header->rekey = REKEY_FINISHING;
    header_tag(header, incoming);
}

void header_rekey_close(struct header *header, const struct kek *current)
{
    header->rekey = REKEY_NONE;
    header_tag(header, current);
}

void header_rekey_abort(struct header *header, const struct kek *current)
{
    for (size_t i = 0; i < header->kek_count; i++)
        if (header->keks[i].role == KEK_INCOMING) {
            drop(header, i);
            break;
        }
    header_rekey_close(header, current);
}

const char *header_rekey_name(enum rekey_state state)
{
    static const char *const names[] = {
        [REKEY_NONE] = "none",         [REKEY_BEGUN] = "begun",         [REKEY_WRAPPED] = "wrapped",
        [REKEY_VERIFIED] = "verified", [REKEY_FINISHING] = "finishing",
    };
    return names[state];
}
