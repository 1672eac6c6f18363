/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

enum { SLOW_VAULT = 1 };

static struct fake_key ca;
static struct fake_client *client;
static const uint8_t hash[SHA256_SIZE] = "the SHA-256 of an archive, 32 by";

static void open_gate(void)
{
    fake_open(SLOW_VAULT);
    client = fake_connect_admin();
}

static void ask_archive(uint64_t id, const uint8_t *keystore_id, size_t id_length, size_t hash_length)
{
    struct request request = { .id = id, .operation = OPERATION_AUTHENTICATE_BACKUP };
    request.authenticate_backup.kind = BACKUP_INPUT_ARCHIVE;
    request.authenticate_backup.keystore_id = (struct slice){ keystore_id, id_length };
    request.authenticate_backup.sha256 = (struct slice){ hash, hash_length };
    request.authenticate_backup.time = 1767225600;
    fake_ask(client, &request);
}

static void ask_key(uint64_t id, const char *key, const uint8_t *sealed, size_t length)
{
    struct request request = { .id = id, .operation = OPERATION_AUTHENTICATE_BACKUP };
    request.authenticate_backup.kind = BACKUP_INPUT_KEY;
    request.authenticate_backup.id = key;
    request.authenticate_backup.sealed_key = (struct slice){ sealed, length };
    fake_ask(client, &request);
}

static void test_an_archive_of_this_keystore_gets_the_mac_of_the_slow_vault(void)
{
    struct archive_body claim;
    struct archive_answer made = { .kek = { { 4, 5 } } };
    char kek[KEK_ID_TEXT];
    memset(made.mac, 0x77, sizeof made.mac);
    open_gate();
    ask_archive(1, fake_keystore_id, KEYSTORE_ID_SIZE, SHA256_SIZE);
    struct fake_question *asked = fake_receive(SLOW_VAULT);
    UNIT_NEED(fake_is_asked(asked, MESSAGE_MAC_BACKUP) && asked->header.length == sizeof claim);
    memcpy(&claim, asked->body, sizeof claim);
    CU_ASSERT(claim.time == 1767225600 && memcmp(claim.sha256, hash, SHA256_SIZE) == 0);
    fake_send(asked, (struct fake_answer){ .body = &made, .length = sizeof made });
    UNIT_NEED(fake_is_result(client, 1, OPERATION_AUTHENTICATE_BACKUP));
    kek_id_text(&made.kek, kek);
    CU_ASSERT(strcmp(client->response.authenticate_backup.kek_id, kek) == 0);
    CU_ASSERT(client->response.authenticate_backup.mac.length == ARCHIVE_MAC_SIZE);
    CU_ASSERT(unit_all(client->response.authenticate_backup.mac.data, ARCHIVE_MAC_SIZE, 0x77));
    fake_close();
}

static void test_an_archive_of_another_keystore_is_refused_and_no_vault_is_asked(void)
{
    static const uint8_t other[KEYSTORE_ID_SIZE] = "another keystore";
    open_gate();
    ask_archive(1, other, sizeof other, SHA256_SIZE);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "ARCHIVE_OTHER_KEYSTORE") && fake_is_quiet());
    fake_close();
}

static void test_a_claim_of_the_wrong_lengths_is_refused_and_no_vault_is_asked(void)
{
    open_gate();
    ask_archive(1, fake_keystore_id, KEYSTORE_ID_SIZE - 1, SHA256_SIZE);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "BACKUP_INPUT"));
    ask_archive(2, fake_keystore_id, KEYSTORE_ID_SIZE, SHA256_SIZE - 1);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INVALID_ARGUMENT, "BACKUP_INPUT"));
    ask_archive(3, fake_keystore_id, 0, 0);
    CU_ASSERT(fake_is_refused(client, 3, STATUS_INVALID_ARGUMENT, "BACKUP_INPUT"));
    fake_ask_plain(client, 4, OPERATION_AUTHENTICATE_BACKUP);
    CU_ASSERT(fake_is_refused(client, 4, STATUS_INVALID_ARGUMENT, "BACKUP_INPUT") && fake_is_quiet());
    fake_close();
}

static void test_a_mac_that_the_vault_cannot_make_is_a_refusal(void)
{
    open_gate();
    ask_archive(1, fake_keystore_id, KEYSTORE_ID_SIZE, SHA256_SIZE);
    CU_ASSERT(fake_fault(SLOW_VAULT, MESSAGE_MAC_BACKUP, FAULT_SEALED));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "SEALED"));
    ask_archive(2, fake_keystore_id, KEYSTORE_ID_SIZE, SHA256_SIZE);
    CU_ASSERT(fake_done(SLOW_VAULT, MESSAGE_MAC_BACKUP)); /* without a MAC */
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INTERNAL, "CRYPTO"));
    fake_close();
}

static void test_an_archived_key_that_opens_is_answered_with_the_kek_and_not_kept(void)
{
    char kek[KEK_ID_TEXT];
    open_gate();
    ask_key(1, "ca", ca.sealed, ca.length);
    struct fake_question *asked = fake_receive(SLOW_VAULT);
    UNIT_NEED(fake_is_asked(asked, MESSAGE_CHECK) && asked->header.length == KEY_ID_SIZE + ca.length);
    CU_ASSERT(strcmp((const char *)asked->body, "ca") == 0
              && memcmp(asked->body + KEY_ID_SIZE, ca.sealed, ca.length) == 0);
    fake_send(asked, (struct fake_answer){ 0 });
    UNIT_NEED(fake_is_result(client, 1, OPERATION_AUTHENTICATE_BACKUP));
    kek_id_text(&gate.kek, kek);
    CU_ASSERT(strcmp(client->response.authenticate_backup.kek_id, kek) == 0);
    CU_ASSERT(client->response.authenticate_backup.mac.length == 0 && gate.keys.count == 0);
    fake_close();
}

static void test_an_archived_key_that_does_not_open_is_refused_with_its_fault(void)
{
    static const enum fault faults[] = { FAULT_KEY_CORRUPT, FAULT_KEY_TAMPERED, FAULT_KEY_FOREIGN, FAULT_KEK_MISMATCH };
    open_gate();
    for (size_t i = 0; i < UNIT_COUNT(faults); i++) {
        ask_key(i + 1, "ca", ca.sealed, ca.length);
        CU_ASSERT(fake_fault(SLOW_VAULT, MESSAGE_CHECK, faults[i]));
        CU_ASSERT(fake_is_refused(client, i + 1, STATUS_FAILED_PRECONDITION, fault_name(faults[i])));
    }
    CU_ASSERT(gate.damage.count == 0); /* it is the archive's, not the keystore's */
    fake_close();
}

static void test_an_archived_key_without_an_id_or_too_long_is_refused_and_no_vault_is_asked(void)
{
    static uint8_t long_one[SEALED_KEY_MAX + 1];
    open_gate();
    ask_key(1, "", ca.sealed, ca.length);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "BACKUP_INPUT"));
    ask_key(2, "ca", long_one, sizeof long_one);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INVALID_ARGUMENT, "BACKUP_INPUT") && fake_is_quiet());
    fake_close();
}

static void test_a_backup_is_slow_work_that_no_signature_waits_for(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    for (unsigned i = 1; i <= 3; i++)
        ask_key(i, "ca", ca.sealed, ca.length);
    CU_ASSERT(fake_count(SLOW_VAULT, MESSAGE_CHECK) == 1 && gate.slow_count == 3);
    fake_ask_sign(client, 4, "ca");
    CU_ASSERT(fake_serve_sign(0) && fake_is_result(client, 4, OPERATION_SIGN));
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_archive_of_this_keystore_gets_the_mac_of_the_slow_vault),
        UNIT_TEST(test_an_archive_of_another_keystore_is_refused_and_no_vault_is_asked),
        UNIT_TEST(test_a_claim_of_the_wrong_lengths_is_refused_and_no_vault_is_asked),
        UNIT_TEST(test_a_mac_that_the_vault_cannot_make_is_a_refusal),
        UNIT_TEST(test_an_archived_key_that_opens_is_answered_with_the_kek_and_not_kept),
        UNIT_TEST(test_an_archived_key_that_does_not_open_is_refused_with_its_fault),
        UNIT_TEST(test_an_archived_key_without_an_id_or_too_long_is_refused_and_no_vault_is_asked),
        UNIT_TEST(test_a_backup_is_slow_work_that_no_signature_waits_for),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    return UNIT_RUN("authenticate_backup", tests);
}
