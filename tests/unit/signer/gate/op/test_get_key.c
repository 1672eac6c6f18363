/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key ca, again;
static struct fake_client *client;
static const char pem[] = "a chain", another[] = "another chain";

static bool read_certificate(const char *text)
{
    return fake_serve(FAKE_STORE, MESSAGE_READ_CERT, (struct fake_answer){ .body = text, .length = strlen(text) });
}

/* Whether the next answer is this key, with this certificate. */
static bool is_told(uint64_t id, const struct fake_key *key, const char *text)
{
    const struct slice *spki = &client->response.get_key.key.public_key;
    const struct slice *found = &client->response.get_key.key.certificate;
    return fake_is_result(client, id, OPERATION_GET_KEY) && spki->length == key->public.spki_length
        && memcmp(spki->data, key->public.spki, spki->length) == 0 && found->length == strlen(text)
        && memcmp(found->data, text, found->length) == 0;
}

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
    CU_ASSERT(key->public_key.length == ca.public.spki_length
              && memcmp(key->public_key.data, ca.public.spki, ca.public.spki_length) == 0);
    CU_ASSERT(key->certificate.length == 0 && !key->unverified);
    fake_close();
}

static void test_a_key_with_its_certificate_is_told_with_it(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && read_certificate(pem) && fake_inspect(&ca, pem, INSPECT_GOOD, pem));
    CU_ASSERT(is_told(1, &ca, pem));
    fake_close();
}

static void test_a_certificate_is_inspected_once_and_again_when_its_bytes_change(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && read_certificate(pem) && fake_inspect(&ca, pem, INSPECT_GOOD, pem));
    CU_ASSERT(is_told(1, &ca, pem));
    fake_ask_get(client, 2, "ca");
    CU_ASSERT(read_certificate(pem) && is_told(2, &ca, pem) && fake_is_quiet());
    fake_ask_get(client, 3, "ca");
    CU_ASSERT(read_certificate(another) && fake_inspect(&ca, another, INSPECT_OTHER_KEY, ""));
    CU_ASSERT(fake_is_refused(client, 3, STATUS_FAILED_PRECONDITION, "CERTIFICATE_OTHER_KEY"));
    fake_close();
}

/* What was found of the old key's certificate says nothing about the new key. */
static void test_what_was_inspected_for_a_key_is_forgotten_with_it(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && read_certificate(pem) && fake_inspect(&ca, pem, INSPECT_GOOD, pem));
    CU_ASSERT(is_told(1, &ca, pem));
    load_forget(&gate, &ca.public.id);
    fake_ask_get(client, 2, "ca");
    CU_ASSERT(fake_done(0, MESSAGE_FORGET) && fake_load(0, &again) && read_certificate(pem));
    CU_ASSERT(fake_inspect(&again, pem, INSPECT_OTHER_KEY, ""));
    CU_ASSERT(fake_is_refused(client, 2, STATUS_FAILED_PRECONDITION, "CERTIFICATE_OTHER_KEY"));
    fake_close();
}

static void test_a_certificate_that_is_refused_is_named_by_its_file(void)
{
    static const struct {
        enum inspect_verdict verdict;
        const char *reason;
    } cases[] = { { INSPECT_OTHER_KEY, "CERTIFICATE_OTHER_KEY" },
                  { INSPECT_INVALID, "CERTIFICATE_INVALID" },
                  { INSPECT_EXPLICIT, "CERTIFICATE_INVALID" } };
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        open_gate();
        fake_ask_get(client, 1, "ca");
        CU_ASSERT(fake_load(0, &ca) && read_certificate(pem) && fake_inspect(&ca, pem, cases[i].verdict, ""));
        CU_ASSERT(fake_is_refused(client, 1, STATUS_FAILED_PRECONDITION, cases[i].reason));
        CU_ASSERT(strstr(client->response.message, "certs/ca.pem") != NULL);
        fake_close();
    }
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
    CU_ASSERT(read_certificate(pem) && fake_done(0, MESSAGE_FORGET) && fake_load(0, &again));
    CU_ASSERT(read_certificate(another) && fake_inspect(&again, another, INSPECT_GOOD, another));
    CU_ASSERT(is_told(1, &again, another));
    fake_close();
}

static void test_a_key_that_changes_while_its_certificate_is_inspected_is_told_anew(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && read_certificate(pem) && fake_count(FAKE_INSPECTOR, MESSAGE_INSPECT) == 1);
    load_forget(&gate, &ca.public.id);
    CU_ASSERT(fake_inspect(&ca, pem, INSPECT_GOOD, pem) && fake_done(0, MESSAGE_FORGET) && fake_load(0, &again));
    CU_ASSERT(read_certificate(another) && fake_inspect(&again, another, INSPECT_GOOD, another));
    CU_ASSERT(is_told(1, &again, another));
    fake_close();
}

static void test_a_client_that_goes_while_its_certificate_is_inspected_leaves_nothing(void)
{
    open_gate();
    fake_ask_get(client, 1, "ca");
    CU_ASSERT(fake_load(0, &ca) && read_certificate(pem) && fake_count(FAKE_INSPECTOR, MESSAGE_INSPECT) == 1);
    fake_disconnect(client);
    CU_ASSERT(fake_inspect(&ca, pem, INSPECT_GOOD, pem) && fake_is_quiet() && gate.job_count == 0);
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
        UNIT_TEST(test_a_certificate_is_inspected_once_and_again_when_its_bytes_change),
        UNIT_TEST(test_what_was_inspected_for_a_key_is_forgotten_with_it),
        UNIT_TEST(test_a_certificate_that_is_refused_is_named_by_its_file),
        UNIT_TEST(test_a_certificate_that_cannot_be_read_is_refused_by_the_name_of_its_file),
        UNIT_TEST(test_a_key_that_is_not_there_is_not_found),
        UNIT_TEST(test_a_key_that_changes_while_its_certificate_is_read_is_told_anew),
        UNIT_TEST(test_a_key_that_changes_while_its_certificate_is_inspected_is_told_anew),
        UNIT_TEST(test_a_client_that_goes_while_its_certificate_is_inspected_leaves_nothing),
        UNIT_TEST(test_an_id_that_is_none_is_refused_and_nothing_is_read),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&ca, "ca", ALGORITHM_EC_P256, 1);
    fake_make_key(&again, "ca", ALGORITHM_EC_P256, 2);
    return UNIT_RUN("get_key", tests);
}
