/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"
#include "signer/ipc/channel.h"
#include "signer/vault/vault.h"

#include "keystore/key/sealed_key.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "signer/ipc/room_fork.h"
#include "tests/unit/unit.h"

static const uint8_t raw_kek[KEK_SIZE] = "the KEK of a vault under test !";
static const uint8_t keystore_id[KEYSTORE_ID_SIZE] = { 1, 2, 3 };
static struct header header;
static int gate = -1;
static struct message answer;
static uint8_t body[CHANNEL_ANSWER_MAX + 8], sealed[SEALED_KEY_MAX];
static size_t sealed_length;

static bool prepare(void)
{
    struct kek kek;
    if (!secret_start() || kek_from_bytes(raw_kek, &kek) != FAULT_NONE)
        return false;
    header_create(&header, keystore_id, &kek, 1);
    return true;
}

static void run_vault(const void *setup)
{
    vault_run(setup);
}

/* The vault runs in a child, as it does in a signer; this end is the gate's. */
static bool start(const uint8_t *kek)
{
    struct room_hello hello;
    struct vault_setup setup = { .header = header, .terms = { { geteuid(), getegid() }, SANDBOX_DEFAULT } };
    fflush(NULL);
    gate = room_fork("vault", (int *const[]){ &setup.fd }, 1, run_vault, &setup);
    room_fork_receive_hello(gate, "the vault", &hello);
    CU_ASSERT(hello.algorithms != 0 && hello.protections.memory != ARENA_NONE);
    return io_write_all(gate, kek, KEK_SIZE);
}

static int stop(void)
{
    close(gate);
    return unit_wait(-1);
}

static bool receive_answer(void)
{
    return io_read_exactly(gate, &answer, sizeof answer)
        && io_read_exactly(gate, body, (answer.length + (size_t)7) & ~(size_t)7);
}

static bool send_question(struct message question, const void *content, size_t length)
{
    uint8_t padding[8] = { 0 };
    question.length = (uint32_t)length;
    return io_write_all(gate, &question, sizeof question) && io_write_all(gate, content, length)
        && io_write_all(gate, padding, -length & 7);
}

static enum fault ask(struct message question, const void *content, size_t length)
{
    question.tag = 9;
    bool answered = send_question(question, content, length) && receive_answer();
    CU_ASSERT(answered && answer.op == question.op && answer.tag == 9);
    return answered ? (enum fault)answer.status : FAULT_COUNT;
}

static bool open_vault(void)
{
    return start(raw_kek) && receive_answer() && answer.op == MESSAGE_READY;
}

/* A P-256 key that may sign with ECDSA over SHA-256 alone; its sealed file and its name. */
static struct message generate(void)
{
    struct generate_body wish = { .id = "key",
                                  .created = 1,
                                  .algorithm = ALGORITHM_EC_P256,
                                  .schemes = 1 << SCHEME_ECDSA,
                                  .hashes = 1 << HASH_SHA256 };
    struct message question = { .op = MESSAGE_GENERATE };
    CU_ASSERT(ask(question, &wish, sizeof wish) == FAULT_NONE);
    sealed_length = answer.length <= sizeof sealed ? answer.length : 0;
    memcpy(sealed, body, sealed_length);
    struct message sign = { .op = MESSAGE_SIGN, .scheme = SCHEME_ECDSA, .hash = HASH_SHA256, .kind = SIGN_DIGEST };
    memcpy(sign.key, answer.key, sizeof sign.key);
    return sign;
}

static enum fault send_key(enum message_op op, const char *id)
{
    static uint8_t content[KEY_ID_SIZE + SEALED_KEY_MAX];
    memset(content, 0, KEY_ID_SIZE);
    memcpy(content, id, strlen(id));
    memcpy(content + KEY_ID_SIZE, sealed, sealed_length);
    return ask((struct message){ .op = (uint16_t)op }, content, KEY_ID_SIZE + sealed_length);
}

static enum fault load(const char *id)
{
    return send_key(MESSAGE_LOAD, id);
}

static enum fault check(const char *id)
{
    return send_key(MESSAGE_CHECK, id);
}

static const uint8_t digest[64] = { 4 };

static void test_a_key_made_sealed_forgotten_and_loaded_is_the_same(void)
{
    UNIT_NEED(open_vault());
    struct message sign = generate();
    CU_ASSERT(ask(sign, digest, 32) == FAULT_NONE && answer.length > 60);
    struct message forget = { .op = MESSAGE_FORGET };
    memcpy(forget.key, sign.key, sizeof forget.key);
    CU_ASSERT(ask(forget, "", 0) == FAULT_NONE);
    CU_ASSERT(ask(sign, digest, 32) == FAULT_NOT_LOADED);
    CU_ASSERT(load("key") == FAULT_NONE && memcmp(answer.key, sign.key, sizeof sign.key) == 0);
    CU_ASSERT(ask(sign, digest, 32) == FAULT_NONE);
    CU_ASSERT_EQUAL(stop(), 0);
}

/* The gate is not asked: the vault itself holds to what was sealed with the key. */
static void test_a_signature_that_the_policy_forbids_is_refused_by_the_vault(void)
{
    UNIT_NEED(open_vault());
    const struct message allowed = generate();
    struct message sign = allowed;
    for (unsigned scheme = 0; scheme < 70; scheme++)
        if (scheme != SCHEME_ECDSA) {
            sign.scheme = (uint16_t)scheme;
            CU_ASSERT(ask(sign, digest, 32) == FAULT_POLICY_SCHEME);
        }
    sign = allowed;
    for (unsigned hash = 0; hash < 70; hash++)
        if (hash != HASH_SHA256) {
            sign.hash = (uint16_t)hash;
            CU_ASSERT(ask(sign, digest, algorithm_hash_size((enum hash)hash)) == FAULT_POLICY_HASH);
        }
    sign = allowed;
    CU_ASSERT(ask(sign, digest, 31) == FAULT_DIGEST_LENGTH && ask(sign, digest, 33) == FAULT_DIGEST_LENGTH);
    CU_ASSERT(ask(sign, "", 0) == FAULT_DIGEST_LENGTH);
    sign.kind = SIGN_MESSAGE;
    CU_ASSERT(ask(sign, digest, 32) == FAULT_INPUT_DIGEST);
    sign = allowed;
    sign.key[0] ^= 1;
    CU_ASSERT(ask(sign, digest, 32) == FAULT_NOT_LOADED);
    CU_ASSERT_EQUAL(stop(), 0);
}

static void test_a_key_that_does_not_belong_here_is_not_loaded(void)
{
    UNIT_NEED(open_vault());
    (void)generate();
    CU_ASSERT(load("other") == FAULT_KEY_MISNAMED);
    CU_ASSERT(load("../x") == FAULT_KEY_ID && load("") == FAULT_KEY_ID);
    sealed[sealed_length / 2] ^= 1;
    CU_ASSERT(load("key") == FAULT_KEY_CORRUPT);
    sealed_length = 0;
    CU_ASSERT(load("key") == FAULT_KEY_CORRUPT);
    CU_ASSERT(ask((struct message){ .op = MESSAGE_LOAD }, "short", 5) == FAULT_KEY_ID);
    CU_ASSERT_EQUAL(stop(), 0);
}

/* An archived key is opened and not kept: it signs no more than before. */
static void test_a_checked_key_is_not_loaded(void)
{
    UNIT_NEED(open_vault());
    struct message sign = generate();
    CU_ASSERT(ask((struct message){ .op = MESSAGE_FORGET }, "", 0) == FAULT_NONE);
    CU_ASSERT(check("key") == FAULT_NONE && answer.length == 0);
    CU_ASSERT(ask(sign, digest, 32) == FAULT_NOT_LOADED);
    CU_ASSERT(check("other") == FAULT_KEY_MISNAMED);
    sealed[sealed_length / 2] ^= 1;
    CU_ASSERT(check("key") == FAULT_KEY_CORRUPT);
    CU_ASSERT_EQUAL(stop(), 0);
}

/* The keystore and the KEK are the vault's own; the gate can name neither. */
static void test_an_archive_gets_the_mac_of_the_vaults_kek(void)
{
    const struct archive_body said = { .time = 7, .sha256 = { 1, 2, 3 } };
    struct archive_claim claim = { .time = 7, .sha256 = { 1, 2, 3 } };
    struct archive_answer made;
    struct kek kek;
    uint8_t mac[ARCHIVE_MAC_SIZE];
    UNIT_NEED(open_vault() && kek_from_bytes(raw_kek, &kek) == FAULT_NONE);
    memcpy(claim.keystore_id, header.keystore_id, KEYSTORE_ID_SIZE);
    archive_mac(&kek, &claim, mac);
    CU_ASSERT(ask((struct message){ .op = MESSAGE_MAC_BACKUP }, &said, sizeof said) == FAULT_NONE);
    UNIT_NEED(answer.length == sizeof made);
    memcpy(&made, body, sizeof made);
    CU_ASSERT(memcmp(made.mac, mac, sizeof mac) == 0 && kek_id_equal(&made.kek, &kek.id));
    CU_ASSERT(send_question((struct message){ .op = MESSAGE_MAC_BACKUP }, &said, sizeof said - 1) && !receive_answer());
    CU_ASSERT(stop() != 0);
}

static void test_a_generate_that_makes_no_sense_is_refused(void)
{
    struct generate_body wish = { .id = "key", .schemes = 0xffff, .hashes = 0xffff };
    struct message question = { .op = MESSAGE_GENERATE };
    UNIT_NEED(open_vault());
    for (unsigned algorithm = 0; algorithm < 70; algorithm++) {
        wish.algorithm = (uint16_t)(algorithm < 66 ? algorithm : 0xffff - algorithm);
        CU_ASSERT(ask(question, &wish, sizeof wish) == FAULT_POLICY_SCHEME);
    }
    CU_ASSERT(ask(question, &wish, sizeof wish - 1) == FAULT_KEY_ID);
    wish.id[0] = '/';
    CU_ASSERT(ask(question, &wish, sizeof wish) == FAULT_KEY_ID);
    CU_ASSERT_EQUAL(stop(), 0);
}

static void test_a_locked_vault_has_neither_keys_nor_kek(void)
{
    UNIT_NEED(open_vault());
    struct message sign = generate();
    CU_ASSERT(ask((struct message){ .op = MESSAGE_SEAL }, "", 0) == FAULT_NONE);
    CU_ASSERT(ask(sign, digest, 32) == FAULT_SEALED && load("key") == FAULT_SEALED && check("key") == FAULT_SEALED);
    CU_ASSERT(ask((struct message){ .op = MESSAGE_MAC_BACKUP }, "", 0) == FAULT_SEALED);
    CU_ASSERT(ask((struct message){ .op = MESSAGE_SEAL }, "", 0) == FAULT_NONE);
    CU_ASSERT_EQUAL(stop(), 0);
}

static void test_a_vault_with_another_kek_ends(void)
{
    uint8_t other[KEK_SIZE];
    memcpy(other, raw_kek, sizeof other);
    other[5] ^= 1;
    UNIT_NEED(start(other));
    CU_ASSERT(!receive_answer());
    CU_ASSERT(stop() != 0);
}

static void test_a_message_that_is_none_ends_the_vault(void)
{
    static const unsigned ops[] = { 0, MESSAGE_HELLO, MESSAGE_READ, MESSAGE_LOOK, 500, 0xffff };
    for (size_t i = 0; i < UNIT_COUNT(ops); i++) {
        UNIT_NEED(open_vault());
        CU_ASSERT(send_question((struct message){ .op = (uint16_t)ops[i] }, "", 0) && !receive_answer());
        CU_ASSERT(stop() != 0);
    }
    UNIT_NEED(open_vault());
    struct message endless = { .length = UINT32_MAX, .op = MESSAGE_SIGN };
    CU_ASSERT(io_write_all(gate, &endless, sizeof endless) && !receive_answer());
    CU_ASSERT(stop() != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_made_sealed_forgotten_and_loaded_is_the_same),
        UNIT_TEST(test_a_signature_that_the_policy_forbids_is_refused_by_the_vault),
        UNIT_TEST(test_a_key_that_does_not_belong_here_is_not_loaded),
        UNIT_TEST(test_a_checked_key_is_not_loaded),
        UNIT_TEST(test_an_archive_gets_the_mac_of_the_vaults_kek),
        UNIT_TEST(test_a_generate_that_makes_no_sense_is_refused),
        UNIT_TEST(test_a_locked_vault_has_neither_keys_nor_kek),
        UNIT_TEST(test_a_vault_with_another_kek_ends),
        UNIT_TEST(test_a_message_that_is_none_ends_the_vault),
    };
    signal(SIGPIPE, SIG_IGN);
    return prepare() ? UNIT_RUN("vault", tests) : 1;
}
