/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_certificate.h"

static struct fake_certificate certificate, other;
static struct fake_key ca, again;
static struct fake_client *client;

static void open_gate(void)
{
    fake_open(1);
    client = fake_connect_admin();
}

static void ask(uint64_t id, const void *pem, size_t length)
{
    struct request request = { .id = id,
                               .operation = OPERATION_SET_CERTIFICATE,
                               .set_certificate = { "ca", { pem, length } } };
    fake_ask(client, &request);
}

/* What the store is to write, which is then answered like this. Its length; 0: no such question. */
static size_t receive_written(uint8_t *out, enum fault fault)
{
    struct fake_question *asked = fake_receive(FAKE_STORE);
    size_t length = fake_is_asked(asked, MESSAGE_WRITE_CERT) ? asked->header.length - KEY_ID_SIZE : 0;
    CU_ASSERT(length > 0 && strcmp((const char *)asked->body, "ca") == 0);
    if (length > 0)
        memcpy(out, asked->body + KEY_ID_SIZE, length);
    if (asked)
        fake_send(asked, (struct fake_answer){ .status = fault });
    return length;
}

static void test_a_certificate_of_the_key_is_filed(void)
{
    uint8_t written[4096];
    open_gate();
    ask(1, certificate.pem, certificate.length);
    CU_ASSERT(fake_load(0, &ca) && !fake_receive_response(client));
    CU_ASSERT(receive_written(written, FAULT_NONE) == certificate.length);
    CU_ASSERT(memcmp(written, certificate.pem, certificate.length) == 0);
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SET_CERTIFICATE));
    fake_close();
}

/* Somebody sends the file that has the old private key in it as well: that is not filed. */
static void test_what_else_stands_in_the_file_is_not_filed(void)
{
    static const char secret[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    uint8_t file[4096], written[4096];
    open_gate();
    memcpy(file, secret, strlen(secret));
    memcpy(file + strlen(secret), certificate.pem, certificate.length);
    ask(1, file, strlen(secret) + certificate.length);
    CU_ASSERT(fake_load(0, &ca) && receive_written(written, FAULT_NONE) == certificate.length);
    CU_ASSERT(memmem(written, certificate.length, "PRIVATE", 7) == NULL);
    CU_ASSERT(fake_is_result(client, 1, OPERATION_SET_CERTIFICATE));
    fake_close();
}

static void test_another_keys_certificate_is_refused_and_not_filed(void)
{
    open_gate();
    ask(1, other.pem, other.length);
    CU_ASSERT(fake_load(0, &ca) && fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_OTHER_KEY"));
    CU_ASSERT(fake_is_quiet());
    fake_close();
}

static void test_a_chain_that_begins_with_another_keys_certificate_is_refused(void)
{
    uint8_t chain[4096];
    open_gate();
    memcpy(chain, other.pem, other.length);
    memcpy(chain + other.length, certificate.pem, certificate.length);
    ask(1, chain, other.length + certificate.length);
    CU_ASSERT(fake_load(0, &ca) && fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_OTHER_KEY"));
    fake_close();
}

static void test_what_is_no_certificate_is_refused_and_not_filed(void)
{
    static uint8_t long_one[CERTIFICATE_MAX + 1];
    open_gate();
    ask(1, "garbage", 7);
    CU_ASSERT(fake_load(0, &ca) && fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_INVALID"));
    ask(2, "", 0);
    CU_ASSERT(fake_is_refused(client, 2, STATUS_INVALID_ARGUMENT, "CERTIFICATE_INVALID"));
    ask(3, long_one, sizeof long_one);
    CU_ASSERT(fake_is_refused(client, 3, STATUS_INVALID_ARGUMENT, "CERTIFICATE_INVALID") && fake_is_quiet());
    fake_close();
}

static void test_a_chain_of_eleven_is_refused_and_one_of_ten_is_filed(void)
{
    static uint8_t chain[11 * 4096], written[11 * 4096];
    open_gate();
    for (size_t i = 0; i < 11; i++)
        memcpy(chain + i * certificate.length, certificate.pem, certificate.length);
    ask(1, chain, 11 * certificate.length);
    CU_ASSERT(fake_load(0, &ca) && fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_INVALID"));
    CU_ASSERT(strstr(client->response.message, "more than 10") != NULL && fake_is_quiet());
    ask(2, chain, 10 * certificate.length);
    CU_ASSERT(receive_written(written, FAULT_NONE) == 10 * certificate.length);
    CU_ASSERT(fake_is_result(client, 2, OPERATION_SET_CERTIFICATE));
    fake_close();
}

static void test_a_certificate_whose_curve_is_given_by_parameters_is_refused(void)
{
    struct fake_certificate explicit;
    open_gate();
    fake_make_explicit_certificate(&explicit);
    ask(1, explicit.pem, explicit.length);
    CU_ASSERT(fake_load(0, &ca) && fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_INVALID"));
    CU_ASSERT(strstr(client->response.message, "named curve") != NULL && fake_is_quiet());
    fake_free_certificate(&explicit);
    fake_close();
}

static void test_a_certificate_of_a_key_that_is_not_there_is_not_found(void)
{
    open_gate();
    ask(1, certificate.pem, certificate.length);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN") && fake_is_quiet());
    fake_close();
}

static void test_a_certificate_that_cannot_be_written_is_a_refusal(void)
{
    uint8_t written[4096];
    open_gate();
    ask(1, certificate.pem, certificate.length);
    CU_ASSERT(fake_load(0, &ca) && receive_written(written, FAULT_STORE_FULL) > 0);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_RESOURCE_EXHAUSTED, "STORE_FULL"));
    fake_close();
}

/* The certificate is checked when it is its turn to be written, against the key of that moment. */
static void test_a_key_that_changes_before_the_certificate_is_written_is_loaded_again(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &ca));
    gate.workers.changes = 4; /* the store has no place for a change */
    ask(1, certificate.pem, certificate.length);
    CU_ASSERT(fake_is_quiet() && gate.changes.waiting == 1);
    load_forget(&gate, &ca.public.id);
    gate.workers.changes = 0;
    CU_ASSERT(fake_done(0, MESSAGE_FORGET) && fake_load(0, &again));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, "CERTIFICATE_OTHER_KEY") && fake_is_quiet());
    fake_close();
}

static void test_a_certificate_whose_client_has_gone_while_the_key_is_loaded_is_not_filed(void)
{
    open_gate();
    ask(1, certificate.pem, certificate.length);
    fake_disconnect(client);
    CU_ASSERT(gate.job_count == 0 && fake_load(0, &ca) && fake_is_quiet());
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_certificate_of_the_key_is_filed),
        UNIT_TEST(test_what_else_stands_in_the_file_is_not_filed),
        UNIT_TEST(test_another_keys_certificate_is_refused_and_not_filed),
        UNIT_TEST(test_a_chain_that_begins_with_another_keys_certificate_is_refused),
        UNIT_TEST(test_what_is_no_certificate_is_refused_and_not_filed),
        UNIT_TEST(test_a_chain_of_eleven_is_refused_and_one_of_ten_is_filed),
        UNIT_TEST(test_a_certificate_whose_curve_is_given_by_parameters_is_refused),
        UNIT_TEST(test_a_certificate_of_a_key_that_is_not_there_is_not_found),
        UNIT_TEST(test_a_certificate_that_cannot_be_written_is_a_refusal),
        UNIT_TEST(test_a_key_that_changes_before_the_certificate_is_written_is_loaded_again),
        UNIT_TEST(test_a_certificate_whose_client_has_gone_while_the_key_is_loaded_is_not_filed),
    };
    if (!secret_start())
        return 1;
    fake_make_certificate(&certificate);
    fake_make_certificate(&other);
    fake_seal(&ca, "ca", ALGORITHM_EC_P256, certificate.spki, certificate.spki_length);
    fake_seal(&again, "ca", ALGORITHM_EC_P256, other.spki, other.spki_length);
    int failed = UNIT_RUN("set_certificate", tests);
    fake_free_certificate(&certificate);
    fake_free_certificate(&other);
    return failed;
}
