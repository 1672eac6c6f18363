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

static void test_a_key_without_a_certificate_is_told_as_the_vault_opened_it(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && fake_fault(FAKE_STORE, MESSAGE_READ_CERT, FAULT_FILE_MISSING));
    UNIT_NEED(fake_is_result(client, 1, OPERATION_GET_KEY));
    const struct key_info *key = &client->response.get_key.key;
    CU_ASSERT(strcmp(key->id, "ca") == 0 && strcmp(key->algorithm, "ec-p256") == 0 && key->created == 1767225600);
    CU_ASSERT(key->policy.scheme_count == 1 && key->policy.schemes[0] == SCHEME_ECDSA && key->policy.hash_count == 3);
    CU_ASSERT(key->public_key.length == certificate.spki_length
              && memcmp(key->public_key.data, certificate.spki, certificate.spki_length) == 0);
    CU_ASSERT(key->certificate.length == 0 && !key->unverified);
    fake_close();
}

static void test_a_key_with_its_certificate_is_told_with_it(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && fake_serve(FAKE_STORE, MESSAGE_READ_CERT, fake_pem(&certificate)));
    UNIT_NEED(fake_is_result(client, 1, OPERATION_GET_KEY));
    const struct slice found = client->response.get_key.key.certificate;
    CU_ASSERT(found.length == certificate.length && memcmp(found.data, certificate.pem, found.length) == 0);
    fake_close();
}

static void test_a_key_with_another_keys_certificate_is_refused(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && fake_serve(FAKE_STORE, MESSAGE_READ_CERT, fake_pem(&other)));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "CERTIFICATE_OTHER_KEY"));
    CU_ASSERT(strstr(client->response.message, "certs/ca.pem") != NULL);
    fake_close();
}

static void test_a_certificate_that_cannot_be_read_is_refused_by_the_name_of_its_file(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && fake_fault(FAKE_STORE, MESSAGE_READ_CERT, FAULT_FILE_MODE));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, "FILE_MODE"));
    CU_ASSERT(strstr(client->response.message, "certs/ca.pem") != NULL);
    fake_close();
}

static void test_a_key_that_is_not_there_is_not_found(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_READ, FAULT_KEY_UNKNOWN));
    CU_ASSERT(fake_is_refused(client, 1, STATUS_NOT_FOUND, "KEY_UNKNOWN") && fake_is_quiet());
    fake_close();
}

static void test_a_key_that_changes_while_its_certificate_is_read_is_told_anew(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && fake_count(FAKE_STORE, MESSAGE_READ_CERT) == 1);
    load_forget(&gate, &ca.public.id);
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ_CERT, fake_pem(&certificate)));
    CU_ASSERT(fake_done(0, MESSAGE_FORGET) && fake_load(0, &again));
    CU_ASSERT(fake_serve(FAKE_STORE, MESSAGE_READ_CERT, fake_pem(&other)));
    UNIT_NEED(fake_is_result(client, 1, OPERATION_GET_KEY));
    const struct slice found = client->response.get_key.key.public_key;
    CU_ASSERT(found.length == other.spki_length && memcmp(found.data, other.spki, found.length) == 0);
    fake_close();
}

static void test_an_id_that_is_none_is_refused_and_nothing_is_read(void)
{
    static const char *const ids[] = { "", "../ca", "CA", "a/b" };
    open_gate();
    for (size_t i = 0; i < UNIT_COUNT(ids); i++) {
        fake_ask_get(client, i + 1, ids[i]);
        CU_ASSERT(fake_is_refused(client, i + 1, STATUS_INVALID_ARGUMENT, fault_name(FAULT_KEY_ID)));
    }
    CU_ASSERT(fake_is_quiet());
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_without_a_certificate_is_told_as_the_vault_opened_it),
        UNIT_TEST(test_a_key_with_its_certificate_is_told_with_it),
        UNIT_TEST(test_a_key_with_another_keys_certificate_is_refused),
        UNIT_TEST(test_a_certificate_that_cannot_be_read_is_refused_by_the_name_of_its_file),
        UNIT_TEST(test_a_key_that_is_not_there_is_not_found),
        UNIT_TEST(test_a_key_that_changes_while_its_certificate_is_read_is_told_anew),
        UNIT_TEST(test_an_id_that_is_none_is_refused_and_nothing_is_read),
    };
    if (!secret_start())
        return 1;
    fake_make_certificate(&certificate);
    fake_make_certificate(&other);
    fake_seal(&ca, "ca", ALGORITHM_EC_P256, certificate.spki, certificate.spki_length);
    fake_seal(&again, "ca", ALGORITHM_EC_P256, other.spki, other.spki_length);
    int failed = UNIT_RUN("get_key", tests);
    fake_free_certificate(&certificate);
    fake_free_certificate(&other);
    return failed;
}
