/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/kek_protect.h"

#include <sodium.h>
#include <string.h>

#include "keystore/format/bytes.h"
#include "keystore/format/checksum.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"

enum {
    VERSION = 1,
    PASSES = 3,
    MEMORY_KIB = 256 * 1024,
    PASSES_MAX = 16,
    MEMORY_KIB_MAX = 2 * 1024 * 1024,
    PUBLIC_SIZE = 8 + 4 + 4 + 4 + KEK_ID_SIZE + 16, /* the additional authenticated data */
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

_Static_assert(crypto_pwhash_argon2id_SALTBYTES == 16 && NONCE_SIZE == 24U && TAG_SIZE == 16U, "as FORMAT.md has it");
_Static_assert(KEK_PROTECTED_SIZE <= (int)KEK_FILE_MAX, "a protected KEK is read like any other KEK file");

struct costs {
    uint32_t passes, memory_kib;
    const uint8_t *salt;
};

static bool stretch(const struct costs *costs, const char *passphrase, size_t length, uint8_t *key)
{
    return crypto_pwhash_argon2id(key, SUBKEY_SIZE, passphrase, length, costs->salt, costs->passes,
                                  (size_t)costs->memory_kib * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13)
        == 0;
}

enum fault kek_protect(const struct kek *kek, const char *passphrase, size_t length,
                       uint8_t out[static KEK_PROTECTED_SIZE])
{
    uint8_t salt[16], sum[CHECKSUM_SIZE], *key = arena_alloc(SUBKEY_SIZE);
    struct costs costs = { PASSES, MEMORY_KIB, salt };
    struct writer to = { out, KEK_PROTECTED_SIZE, false };
    secret_random(salt, sizeof salt);
    if (!key || !stretch(&costs, passphrase, length, key)) {
        arena_free(key);
        return FAULT_MEMORY;
    }
    bytes_put(&to, KEK_PROTECTED_MAGIC, 8);
    bytes_put_u32(&to, VERSION);
    bytes_put_u32(&to, costs.passes);
    bytes_put_u32(&to, costs.memory_kib);
    bytes_put(&to, kek->id.bytes, KEK_ID_SIZE);
    bytes_put(&to, salt, sizeof salt);
    secret_random(to.at, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(to.at + NONCE_SIZE, NULL, kek->key, KEK_SIZE, out, PUBLIC_SIZE, NULL,
                                               to.at, key);
    checksum(out, KEK_PROTECTED_SIZE - CHECKSUM_SIZE, sum);
    memcpy(out + KEK_PROTECTED_SIZE - CHECKSUM_SIZE, sum, sizeof sum);
    arena_free(key);
    return FAULT_NONE;
}

/* The cost parameters are not authenticated yet, so absurd ones are refused before Argon2id runs with them. */
static bool read_costs(struct reader *from, struct costs *costs)
{
    bytes_read(from, 8);
    uint32_t version = bytes_read_u32(from);
    costs->passes = bytes_read_u32(from);
    costs->memory_kib = bytes_read_u32(from);
    bytes_read(from, KEK_ID_SIZE);
    costs->salt = bytes_read(from, 16);
    return version == VERSION && costs->passes >= 1 && costs->passes <= PASSES_MAX && costs->memory_kib >= 8
        && costs->memory_kib <= MEMORY_KIB_MAX;
}

enum fault kek_protect_open(const uint8_t *content, size_t length, const char *passphrase, size_t passphrase_length,
                            struct kek *out)
{
    struct reader from = { content, length, false };
    struct costs costs;
    if (length != KEK_PROTECTED_SIZE || memcmp(content, KEK_PROTECTED_MAGIC, 8) != 0 || !checksum_holds(content, length)
        || !read_costs(&from, &costs))
        return FAULT_KEK_MALFORMED;
    uint8_t *key = arena_alloc(SUBKEY_SIZE), *raw = arena_alloc(KEK_SIZE);
    enum fault fault = key && raw && stretch(&costs, passphrase, passphrase_length, key) ? FAULT_NONE : FAULT_MEMORY;
    const uint8_t *nonce = content + PUBLIC_SIZE;
    if (!fault
        && crypto_aead_xchacha20poly1305_ietf_decrypt(raw, NULL, NULL, nonce + NONCE_SIZE, KEK_SIZE + TAG_SIZE, content,
                                                      PUBLIC_SIZE, nonce, key)
            != 0)
        fault = FAULT_PASSPHRASE;
    if (!fault)
        fault = kek_from_bytes(raw, out);
    if (!fault && memcmp(out->id.bytes, content + 20, KEK_ID_SIZE) != 0)
        fault = FAULT_PASSPHRASE;
    arena_free(key);
    arena_free(raw);
    return fault;
}

bool kek_protect_read_id(const uint8_t *content, size_t length, struct kek_id *out)
{
    struct reader from = { content, length, false };
    const uint8_t *magic = bytes_read(&from, strlen(KEK_PROTECTED_MAGIC));
    if (length != KEK_PROTECTED_SIZE || !magic || memcmp(magic, KEK_PROTECTED_MAGIC, strlen(KEK_PROTECTED_MAGIC)) != 0)
        return false;
    bytes_read(&from, 4 + 4 + 4); /* version, passes, memory */
    bytes_read_into(&from, out->bytes, KEK_ID_SIZE);
    return true;
}
