/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/vault.h"

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"
#include "keystore/key/sealed_key.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "signer/ipc/channel.h"
#include "signer/process/log.h"
#include "signer/vault/crypto.h"
#include "signer/vault/key_cache.h"
#include "signer/vault/openssl.h"
#include "signer/vault/signature.h"
#include "signer/vault/unsealing.h"

/* The most memory that an operation of OpenSSL needs beside the cached keys: an RSA-4096 generation or an
 * SLH-DSA signature. Keys are dropped from the cache before less than this is free. */
enum { WORKING_MEMORY = 640 * 1024 };

/* Write coalescing: the answers of a batch leave in one write, but none is held longer than this, so that the gate can
 * send more work while the rest of the batch is done. */
#define HELD_NS UINT64_C(2000000)

static struct {
    struct header header;
    struct kek *kek; /* in the arena; NULL while sealed */
    uint8_t *pkcs8;  /* in the arena: the one buffer for private keys in clear */
    struct channel channel;
} vault;

static noreturn void leave(int code)
{
    arena_wipe();
    _exit(code);
}

/* -- operations -- */

static void answer(const struct message *question, enum fault fault, size_t length, const uint8_t *key)
{
    channel_answer(&vault.channel, question, fault, length, key);
}

static void make_headroom(void)
{
    while (arena_available() < WORKING_MEMORY && key_cache_drop_oldest())
        continue;
}

/* Authenticates the sealed key first and parses it afterwards. `public` points into the message. */
static enum fault unseal(const uint8_t *body, size_t length, struct key_public *public, struct crypto_key **out)
{
    struct sealed_key sealed;
    struct key_id id;
    size_t pkcs8_length;
    if (length < KEY_ID_SIZE || !key_id_from_field(body, &id))
        return FAULT_KEY_ID;
    enum fault fault = sealed_key_look(body + KEY_ID_SIZE, length - KEY_ID_SIZE, &sealed);
    if (!fault)
        fault = sealed_key_open(&sealed, vault.kek, vault.header.keystore_id, &id, vault.pkcs8, &pkcs8_length);
    if (fault)
        return fault;
    fault = key_public_parse(sealed.public_part, sealed.public_length, public);
    if (!fault)
        fault = crypto_load(public->algorithm, vault.pkcs8, pkcs8_length, public->spki, public->spki_length, out);
    secret_wipe(vault.pkcs8, PKCS8_MAX);
    return fault;
}

static void on_load(const struct message *question, const uint8_t *body)
{
    struct key_public public;
    struct crypto_key *key = NULL;
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { 0 };
    enum fault fault;
    make_headroom();
    do /* with fragmented memory even that headroom may not suffice */
        fault = unseal(body, question->length, &public, &key);
    while (fault == FAULT_MEMORY && key_cache_drop_oldest());
    if (!fault) {
        key_public_fingerprint(&public, fingerprint);
        fault = key_cache_add(fingerprint, public.policy, key);
    }
    answer(question, fault, 0, fingerprint);
}

/* Enforces the policy that was sealed with the key. The vault does it, so that a compromised gate cannot bypass it. */
static enum fault check_policy(const struct cached_key *cached, const struct message *question)
{
    if (question->scheme >= SCHEME_COUNT || (cached->policy.schemes >> question->scheme & 1) == 0)
        return FAULT_POLICY_SCHEME;
    if (!algorithm_scheme_wants_digest((enum scheme)question->scheme))
        return question->kind == SIGN_MESSAGE && question->hash == HASH_NONE ? FAULT_NONE : FAULT_INPUT_MESSAGE;
    if (question->kind != SIGN_DIGEST)
        return FAULT_INPUT_DIGEST;
    if (question->hash >= HASH_COUNT || (cached->policy.hashes >> question->hash & 1) == 0)
        return FAULT_POLICY_HASH;
    return question->length == algorithm_hash_size((enum hash)question->hash) ? FAULT_NONE : FAULT_DIGEST_LENGTH;
}

static void on_sign(const struct message *question, const uint8_t *body)
{
    size_t length = SIGNATURE_MAX;
    uint8_t *signature = channel_reserve(&vault.channel, length);
    struct cached_key *cached = key_cache_find(question->key);
    if (!signature)
        leave(0);
    enum fault fault = cached ? check_policy(cached, question) : FAULT_NOT_LOADED;
    if (!fault)
        fault = signature_make(cached->key, (enum scheme)question->scheme, (enum hash)question->hash, body,
                               question->length, signature, &length);
    if (fault == FAULT_MEMORY)
        make_headroom();
    answer(question, fault, fault ? 0 : length, NULL);
}

/* Fills in the public key and seals the private one. Returns the sealed length, 0 if it cannot be sealed. */
static size_t seal_generated(const struct crypto_key *key, struct key_public *public, uint8_t *sealed)
{
    static uint8_t spki[KEY_PUBLIC_MAX];
    struct sealed_key_seed seed;
    public->spki = spki;
    public->spki_length = crypto_public_der(key, spki, sizeof spki);
    size_t length = crypto_private_der(key, vault.pkcs8, PKCS8_MAX);
    sealed_key_seed_random(&seed);
    if (public->spki_length > 0 && length > 0)
        length = sealed_key_seal(public, vault.kek, &seed, vault.pkcs8, length, sealed);
    secret_wipe(&seed, sizeof seed);
    secret_wipe(vault.pkcs8, PKCS8_MAX);
    return length;
}

static enum fault read_generate(const struct message *question, const uint8_t *body, struct key_public *out)
{
    struct generate_body wanted;
    if (question->length != sizeof wanted)
        return FAULT_KEY_ID;
    memcpy(&wanted, body, sizeof wanted);
    *out = (struct key_public){
        .algorithm = (enum algorithm)wanted.algorithm,
        .created = wanted.created,
        .policy = { wanted.schemes, wanted.hashes },
    };
    memcpy(out->keystore_id, vault.header.keystore_id, KEYSTORE_ID_SIZE);
    if (!key_id_from_field((const uint8_t *)wanted.id, &out->id))
        return FAULT_KEY_ID;
    return algorithm_allows(out->algorithm, out->policy) ? FAULT_NONE : FAULT_POLICY_SCHEME;
}

static void on_generate(const struct message *question, const uint8_t *body)
{
    struct key_public public;
    struct crypto_key *key = NULL;
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { 0 };
    size_t length = 0;
    uint8_t *sealed = channel_reserve(&vault.channel, SEALED_KEY_MAX);
    if (!sealed)
        leave(0);
    make_headroom();
    enum fault fault = read_generate(question, body, &public);
    if (!fault)
        fault = crypto_generate(public.algorithm, public.policy, &key);
    if (!fault && (length = seal_generated(key, &public, sealed)) == 0)
        fault = FAULT_CRYPTO;
    if (!fault) {
        key_public_fingerprint(&public, fingerprint);
        fault = key_cache_add(fingerprint, public.policy, key);
    } else {
        crypto_free(key);
    }
    answer(question, fault, fault ? 0 : length, fingerprint);
}

static void on_forget(const struct message *question, const uint8_t *body)
{
    static const uint8_t all[KEY_FINGERPRINT_SIZE] = { 0 };
    (void)body;
    if (memcmp(question->key, all, sizeof all) == 0)
        key_cache_forget_all();
    else
        key_cache_forget(question->key);
    answer(question, FAULT_NONE, 0, question->key);
}

static void on_seal(const struct message *question, const uint8_t *body)
{
    (void)body;
    key_cache_forget_all();
    arena_free(vault.kek); /* freeing wipes */
    vault.kek = NULL;
    unsealing_forget();
    answer(question, FAULT_NONE, 0, NULL);
}

/* Without a box the gate only asks for the state; an unsealed vault ignores a box. */
static enum fault add_box(const struct message *question, const uint8_t *body)
{
    uint32_t uid;
    bool opened;
    memcpy(&uid, body, sizeof uid);
    if (vault.kek || question->length == sizeof uid)
        return FAULT_NONE;
    struct kek *kek = arena_alloc(sizeof *kek);
    enum fault fault = kek
        ? unsealing_add(&vault.header, uid, body + sizeof uid, question->length - sizeof uid, kek, &opened)
        : FAULT_MEMORY;
    if (fault || !opened)
        arena_free(kek);
    else
        vault.kek = kek;
    return fault;
}

static void on_unseal(const struct message *question, const uint8_t *body)
{
    struct unseal_state state;
    if (question->length < sizeof(uint32_t))
        leave(1);
    bool was_open = vault.kek != NULL;
    enum fault fault = add_box(question, body);
    unsealing_describe(&state);
    state.took = !was_open;
    if (vault.kek)
        state.kek = vault.kek->id;
    uint8_t *out = channel_reserve(&vault.channel, sizeof state);
    if (!out)
        leave(0);
    memcpy(out, &state, sizeof state);
    answer(question, fault, sizeof state, NULL);
}

/* An archived key is opened like a key to be loaded, but not kept. */
static void on_check(const struct message *question, const uint8_t *body)
{
    struct key_public public;
    struct crypto_key *key = NULL;
    enum fault fault;
    make_headroom();
    do
        fault = unseal(body, question->length, &public, &key);
    while (fault == FAULT_MEMORY && key_cache_drop_oldest());
    if (!fault)
        crypto_free(key);
    answer(question, fault, 0, NULL);
}

static void on_mac_backup(const struct message *question, const uint8_t *body)
{
    struct archive_body said;
    struct archive_claim claim;
    struct archive_answer made = { .kek = vault.kek->id };
    if (question->length != sizeof said)
        leave(1);
    memcpy(&said, body, sizeof said);
    memcpy(claim.keystore_id, vault.header.keystore_id, KEYSTORE_ID_SIZE);
    memcpy(claim.sha256, said.sha256, SHA256_SIZE);
    claim.time = said.time;
    archive_mac(vault.kek, &claim, made.mac);
    uint8_t *out = channel_reserve(&vault.channel, sizeof made);
    if (!out)
        leave(0);
    memcpy(out, &made, sizeof made);
    answer(question, FAULT_NONE, sizeof made, NULL);
}

static const struct operation_row {
    void (*run)(const struct message *question, const uint8_t *body);
    bool needs_kek;
} operations[] = {
    [MESSAGE_LOAD] = { on_load, true },         [MESSAGE_SIGN] = { on_sign, true },
    [MESSAGE_GENERATE] = { on_generate, true }, [MESSAGE_FORGET] = { on_forget, false },
    [MESSAGE_SEAL] = { on_seal, false },        [MESSAGE_UNSEAL] = { on_unseal, false },
    [MESSAGE_CHECK] = { on_check, true },       [MESSAGE_MAC_BACKUP] = { on_mac_backup, true },
};

/* Fails closed: an operation that no vault has means a broken or compromised gate. */
static void do_one(const struct message *question)
{
    const struct operation_row *row = NULL;
    if (question->op < sizeof operations / sizeof *operations)
        row = &operations[question->op];
    if (!row || !row->run || !channel_reserve(&vault.channel, 0))
        leave(1);
    if (row->needs_kek && !vault.kek)
        answer(question, FAULT_SEALED, 0, NULL);
    else
        row->run(question, (const uint8_t *)(question + 1));
}

/* -- the room -- */

static void send_answers(void)
{
    if (!channel_flush(&vault.channel))
        leave(0);
}

static noreturn void serve(void)
{
    bool broken;
    while (channel_fill(&vault.channel)) {
        const struct message *question;
        uint64_t since = time_monotonic_ns();
        while ((question = channel_next(&vault.channel, &broken))) {
            do_one(question);
            if (time_monotonic_ns() - since < HELD_NS)
                continue;
            send_answers();
            since = time_monotonic_ns();
        }
        if (broken)
            leave(1);
        send_answers();
    }
    leave(0);
}

/* The KEK arrives as raw bytes before any message, written by the courier. */
static bool receive_kek(void)
{
    uint8_t *raw = arena_alloc(KEK_SIZE);
    vault.kek = arena_alloc(sizeof *vault.kek);
    bool ok = raw && vault.kek && io_read_exactly(vault.channel.fd, raw, KEK_SIZE)
        && kek_from_bytes(raw, vault.kek) == FAULT_NONE && header_check(&vault.header, vault.kek) == FAULT_NONE;
    arena_free(raw);
    secret_wipe_stack();
    return ok;
}

static bool send_hello(const struct protections *protections, bool stack_is_locked)
{
    struct room_hello hello = { .algorithms = openssl_algorithms(), .protections = *protections };
    hello.protections.memory = stack_is_locked ? arena_kind() : ARENA_UNLOCKED;
    hello.protections.arena_size = (uint32_t)arena_size();
    unsealing_public_key(hello.unseal_key);
    return channel_send(&vault.channel, MESSAGE_HELLO, &hello, sizeof hello);
}

static bool send_ready(void)
{
    const struct kek_id id = vault.kek ? vault.kek->id : (struct kek_id){ { 0 } };
    return channel_send(&vault.channel, MESSAGE_READY, &id, sizeof id);
}

/* malloc must not return memory to the kernel: a vault may not make the system call for that. */
static void keep_what_malloc_has(void)
{
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

noreturn void vault_run(const struct vault_setup *setup)
{
    static uint8_t in[CHANNEL_IN_SIZE] __attribute__((aligned(16))), out[CHANNEL_OUT_SIZE] __attribute__((aligned(16)));
    struct protections protections;
    keep_what_malloc_has();
    if (!arena_open(ARENA_MAX) || !secret_start() || !crypto_start())
        log_die("vault: cannot allocate its key memory, or OpenSSL does not start");
    bool stack_is_locked = secret_lock_stack();
    sandbox_enter(ROOM_VAULT, &setup->terms, &protections);
    vault.header = setup->header;
    vault.channel = (struct channel){
        .fd = setup->fd,
        .in = in,
        .out = out,
        .before_sending = secret_wipe_stack, /* OpenSSL leaves an ECDSA nonce there, libsodium parts of a key */
    };
    vault.pkcs8 = arena_alloc(PKCS8_MAX);
    if (!vault.pkcs8 || !unsealing_start() || !send_hello(&protections, stack_is_locked)
        || !(setup->sealed || receive_kek()) || !send_ready())
        leave(1); /* the courier has logged why, or the gate is gone */
    serve();
}
