/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of sign.c, key.c and about.c: what they refuse, send and copy. */
#include "client/signer.h"

#include <CUnit/Basic.h>

#include "proto/status.h"
#include "tests/unit/fake_signer.h"

static struct fake_signer fake;
static signer_client *client;
static struct signer_error error;
static struct request seen; /* its strings are gone */
static uint8_t seen_sha256[SIGNER_SHA256_SIZE];
static char seen_id[KEY_ID_MAX + 1], seen_text[KEY_ID_MAX + 1];

static const uint8_t point[] = { 0x30, 0x03, 0, 1, 2 };
static const uint8_t point_sha256[] = { 0xc0, 0x28, 0xa3, 0x36, 0xec, 0xa0, 0x94, 0xa1, 0x75, 0x25, 0x90,
                                        0xe9, 0x2a, 0x96, 0xf0, 0x85, 0x3a, 0x06, 0xd3, 0x47, 0x52, 0x5f,
                                        0x14, 0xf0, 0x40, 0x62, 0xc2, 0xc9, 0x30, 0x16, 0xb5, 0x52 };

static struct key_info key_named(const char *id)
{
    struct key_info key = { .id = id, .algorithm = "rsa-3072", .created = 1234, .public_key = { point, sizeof point } };
    key.policy.scheme_count = 2;
    key.policy.schemes[0] = SIGNER_RSA_PSS;
    key.policy.schemes[1] = SIGNER_RSA_PKCS1;
    key.policy.hash_count = 1;
    key.policy.hashes[0] = SIGNER_SHA512;
    return key;
}

static void fill_labels(struct response *response)
{
    if (response->operation == OPERATION_HELLO) {
        response->hello.version = "1.2\n3";
        response->hello.keystore_id = "0123456789abcdef0123456789abcdef and more";
        response->hello.kek_id = "a1b2-c3d4-e5f6-0718";
        response->hello.state = STATE_OPEN;
        response->hello.in_flight_max = 256;
        response->hello.algorithm_count = 2;
        response->hello.algorithms[0] = "ec-p256";
        response->hello.algorithms[1] = "ed25519";
        response->hello.role_count = 1;
        response->hello.roles[0] = "sign";
    } else if (response->operation == OPERATION_HEALTH) {
        response->health.state = STATE_SEALED;
        response->health.vaults = 3;
        response->health.protection_count = 1;
        response->health.protections[0] = (struct label){ .name = "seccomp", .text = "on" };
    } else if (response->operation == OPERATION_STATS) {
        response->stats.counter_count = 1;
        response->stats.counters[0] = (struct label){ .name = "signatures", .number = 7 };
    }
}

static void answer(int fd, const struct request *request)
{
    static uint8_t signature[SIGNATURE_MAX];
    struct key_info keys[2] = { key_named("a"), key_named("b") };
    struct response response = { .id = request->id, .operation = request->operation };
    fill_labels(&response);
    if (request->operation == OPERATION_SIGN) {
        response.sign.signature = (struct slice){ signature, sizeof signature };
    } else if (request->operation == OPERATION_GET_KEY) {
        response.get_key.key = keys[0];
        response.get_key.key.certificate = (struct slice){ (const uint8_t *)"PEM", 3 };
    } else if (request->operation == OPERATION_GENERATE_KEY) {
        response.generate_key.key = keys[0];
        response.generate_key.created = true;
    } else if (request->operation == OPERATION_LIST_KEYS) {
        response.list_keys.keys = keys;
        response.list_keys.key_count = 2;
        response.list_keys.more = true;
    }
    fake_answer(fd, &response);
}

static void note(const struct request *request)
{
    seen = *request;
    if (request->operation == OPERATION_GENERATE_KEY) {
        snprintf(seen_id, sizeof seen_id, "%s", request->generate_key.id);
        snprintf(seen_text, sizeof seen_text, "%s", request->generate_key.algorithm);
    } else if (request->operation == OPERATION_SIGN && request->sign.public_key_sha256.length == sizeof seen_sha256) {
        memcpy(seen_sha256, request->sign.public_key_sha256.data, sizeof seen_sha256);
    } else if (request->operation == OPERATION_LIST_KEYS) {
        snprintf(seen_text, sizeof seen_text, "%s", request->list_keys.after);
    }
}

static void script(struct fake_signer *signer)
{
    int fd = fake_accept(signer);
    struct fake_request *read = malloc(sizeof *read);
    while (fd >= 0 && fake_read(signer, fd, read)) {
        note(&read->request);
        answer(fd, &read->request);
    }
    free(read);
    close(fd);
}

static int start(void)
{
    fake_start(&fake, script);
    struct signer_options options = { .socket = fake.path, .timeout_ms = 3000 };
    return signer_open(&client, &options, &error) != SIGNER_OK;
}

static int stop(void)
{
    signer_close(client);
    fake_stop(&fake);
    return 0;
}

/* -- signing -- */

static void test_a_signature_is_written_where_it_fits_alone(void)
{
    static uint8_t out[SIGNER_SIGNATURE_MAX];
    size_t length = 100;
    struct signer_sign what = { "a", SIGNER_ECDSA, SIGNER_SHA256, point, sizeof point, NULL };
    CU_ASSERT(signer_sign(client, &what, out, &length, &error) == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(error.reason, "BUFFER_TOO_SMALL");
    CU_ASSERT_EQUAL(length, SIGNER_SIGNATURE_MAX);
    CU_ASSERT(signer_sign(client, &what, out, &length, &error) == SIGNER_OK);
    CU_ASSERT_EQUAL(seen.sign.kind, SIGN_INPUT_DIGEST);
    CU_ASSERT(seen.deadline_ms > 0 && seen.deadline_ms <= 3000);
    what.scheme = SIGNER_EDDSA;
    what.hash = SIGNER_HASH_NONE;
    CU_ASSERT(signer_sign(client, &what, out, &length, &error) == SIGNER_OK);
    CU_ASSERT_EQUAL(seen.sign.kind, SIGN_INPUT_MESSAGE);
}

static void expect_argument(enum signer_status status)
{
    CU_ASSERT(status == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(error.reason, "ARGUMENT");
    error = (struct signer_error){ 0 };
}

static void test_a_sign_that_the_signer_refuses_says_why(void)
{
    static uint8_t out[SIGNER_SIGNATURE_MAX], large[SIGN_REQUEST_MAX];
    char id[KEY_ID_MAX + 2];
    size_t length = sizeof out;
    struct signer_sign what = { NULL, SIGNER_EDDSA, SIGNER_HASH_NONE, large, 3, NULL };
    int before = atomic_load(&fake.requests);
    expect_argument(signer_sign(client, &what, out, &length, &error));
    what.id = "";
    expect_argument(signer_sign(client, &what, out, &length, &error));
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    what.id = id;
    expect_argument(signer_sign(client, &what, out, &length, &error));
    what.id = "a";
    what.input_length = sizeof large;
    expect_argument(signer_sign(client, &what, out, &length, &error));
    what.scheme = SIGNER_ECDSA;
    what.input_length = REQUEST_MAX;
    expect_argument(signer_sign(client, &what, out, &length, &error));
    what.input = NULL;
    expect_argument(signer_sign(client, &what, out, &length, &error));
    expect_argument(signer_sign(client, NULL, out, &length, &error));
    expect_argument(signer_sign(NULL, &what, out, &length, &error));
    CU_ASSERT_EQUAL(atomic_load(&fake.requests), before);
}

/* -- the key that is meant -- */

static void test_a_signature_names_the_key_that_was_loaded_and_only_if_one_is_given(void)
{
    static uint8_t out[SIGNER_SIGNATURE_MAX];
    size_t length = sizeof out;
    struct signer_key *key = NULL;
    struct signer_sign what = { "a", SIGNER_ECDSA, SIGNER_SHA256, point, sizeof point, NULL };
    CU_ASSERT_FATAL(signer_get_key(client, "a", &key, &error) == SIGNER_OK);
    CU_ASSERT(signer_sign(client, &what, out, &length, &error) == SIGNER_OK);
    CU_ASSERT_EQUAL(seen.sign.public_key_sha256.length, 0);
    what.public_key_sha256 = key->public_key_sha256;
    CU_ASSERT(signer_sign(client, &what, out, &length, &error) == SIGNER_OK);
    CU_ASSERT_EQUAL(seen.sign.public_key_sha256.length, SIGNER_SHA256_SIZE);
    CU_ASSERT(memcmp(seen_sha256, key->public_key_sha256, sizeof seen_sha256) == 0);
    memset(seen_sha256, 0, sizeof seen_sha256);
    uint64_t ticket;
    CU_ASSERT(signer_submit(client, &what, &ticket, &error) == SIGNER_OK);
    CU_ASSERT(signer_collect(client, ticket, out, &length, &error) == SIGNER_OK);
    CU_ASSERT(memcmp(seen_sha256, key->public_key_sha256, sizeof seen_sha256) == 0);
    signer_key_free(key);
}

static void script_older(struct fake_signer *signer)
{
    int fd = fake_accept(signer);
    struct fake_request *read = malloc(sizeof *read);
    while (fd >= 0 && fake_read(signer, fd, read))
        fake_answer_error(fd, read->request.id, STATUS_INVALID_ARGUMENT, REASON_UNKNOWN_FIELD);
    free(read);
    close(fd);
}

/* It refuses what it cannot check. The client does not ask again without it: that would be a signature by any key. */
static void test_an_older_signer_that_cannot_check_the_key_signs_nothing(void)
{
    struct fake_signer older;
    signer_client *to_older = NULL;
    static uint8_t out[SIGNER_SIGNATURE_MAX];
    static const uint8_t sha256[SIGNER_SHA256_SIZE] = { 1 };
    size_t length = sizeof out;
    const struct signer_sign what = { "a", SIGNER_ECDSA, SIGNER_SHA256, point, sizeof point, sha256 };
    fake_start(&older, script_older);
    const struct signer_options options = { .socket = older.path, .timeout_ms = 3000 };
    CU_ASSERT_FATAL(signer_open(&to_older, &options, &error) == SIGNER_OK);
    CU_ASSERT(signer_sign(to_older, &what, out, &length, &error) == SIGNER_INVALID_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(error.reason, "UNKNOWN_FIELD");
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "update the signer"));
    signer_close(to_older);
    fake_stop(&older);
    CU_ASSERT_EQUAL(atomic_load(&older.requests), 1);
}

/* -- keys -- */

static void expect_key(const struct signer_key *key, const char *id)
{
    CU_ASSERT_STRING_EQUAL(key->id, id);
    CU_ASSERT_STRING_EQUAL(key->algorithm, "rsa-3072");
    CU_ASSERT(key->policy.scheme_count == 2 && key->policy.schemes[0] == SIGNER_RSA_PSS);
    CU_ASSERT(key->policy.hash_count == 1 && key->policy.hashes[0] == SIGNER_SHA512);
    CU_ASSERT(key->public_key_length == sizeof point);
    CU_ASSERT(memcmp(key->public_key, point, sizeof point) == 0);
    CU_ASSERT_EQUAL(key->created, 1234);
    CU_ASSERT(memcmp(key->public_key_sha256, point_sha256, sizeof point_sha256) == 0);
}

static void test_a_key_that_is_asked_for_has_all_its_fields(void)
{
    struct signer_key *key = NULL;
    CU_ASSERT_FATAL(signer_get_key(client, "a", &key, &error) == SIGNER_OK);
    expect_key(key, "a");
    CU_ASSERT_STRING_EQUAL(key->certificate, "PEM");
    signer_key_free(key);
    signer_key_free(NULL);
}

static void test_a_generated_key_is_handed_out_and_its_policy_sent(void)
{
    struct signer_key *key = NULL;
    bool created = false;
    struct signer_policy policy = { .scheme_count = 1, .schemes = { SIGNER_RSA_PSS } };
    CU_ASSERT_FATAL(signer_generate(client, "a", "rsa-3072", &policy, &key, &created, &error) == SIGNER_OK);
    expect_key(key, "a");
    CU_ASSERT(created && key->certificate == NULL);
    CU_ASSERT_STRING_EQUAL(seen_id, "a");
    CU_ASSERT_STRING_EQUAL(seen_text, "rsa-3072");
    CU_ASSERT_EQUAL(seen.generate_key.policy.scheme_count, 1);
    CU_ASSERT_EQUAL(seen.generate_key.policy.hash_count, 0);
    signer_key_free(key);
    policy.hash_count = SIGNER_POLICY_MAX + 1;
    expect_argument(signer_generate(client, "a", NULL, &policy, &key, NULL, &error));
}

static void test_a_page_of_a_list_is_asked_for_and_handed_out(void)
{
    struct signer_key_list *list = NULL;
    CU_ASSERT_FATAL(signer_list_keys(client, "0", 2, &list, &error) == SIGNER_OK);
    CU_ASSERT_FATAL(list->count == 2 && list->more);
    expect_key(&list->keys[0], "a");
    expect_key(&list->keys[1], "b");
    CU_ASSERT_STRING_EQUAL(seen_text, "0");
    CU_ASSERT_EQUAL(seen.list_keys.limit, 2);
    signer_key_list_free(list);
    signer_key_list_free(NULL);
}

/* Else whoever asks for page after page would never come to an end. */
static void test_a_list_that_does_not_go_on_in_order_is_refused(void)
{
    struct signer_key_list *list = NULL;
    static const char *const after[] = { "a", "aa", "z" };
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        CU_ASSERT(signer_list_keys(client, after[i], 2, &list, &error) == SIGNER_INTERNAL && list == NULL);
        CU_ASSERT_STRING_EQUAL(error.reason, "PROTOCOL");
    }
}

static void test_an_answer_about_another_key_is_refused(void)
{
    struct signer_key *key = NULL;
    CU_ASSERT(signer_get_key(client, "b", &key, &error) == SIGNER_INTERNAL && key == NULL);
    CU_ASSERT_STRING_EQUAL(error.reason, "PROTOCOL");
    CU_ASSERT(signer_generate(client, "b", NULL, NULL, &key, NULL, &error) == SIGNER_INTERNAL && key == NULL);
}

static void test_a_certificate_over_its_size_is_not_sent(void)
{
    static char pem[CERTIFICATE_MAX + 1];
    CU_ASSERT(signer_set_certificate(client, "a", pem, CERTIFICATE_MAX, &error) == SIGNER_OK);
    CU_ASSERT_EQUAL(seen.set_certificate.certificate.length, CERTIFICATE_MAX);
    expect_argument(signer_set_certificate(client, "a", pem, sizeof pem, &error));
    expect_argument(signer_set_certificate(client, "a", NULL, 1, &error));
}

/* -- the signer itself -- */

static void test_hello_health_and_stats_hand_out_what_the_signer_says(void)
{
    struct signer_about about;
    struct signer_health health;
    struct signer_stats stats;
    CU_ASSERT_FATAL(signer_hello(client, &about, &error) == SIGNER_OK);
    CU_ASSERT_STRING_EQUAL(about.version, "1.2 3");
    CU_ASSERT_STRING_EQUAL(about.keystore_id, "0123456789abcdef0123456789abcdef");
    CU_ASSERT(about.algorithm_count == 2 && strcmp(about.algorithms[1], "ed25519") == 0);
    CU_ASSERT(about.role_count == 1 && about.state == SIGNER_OPEN && about.in_flight_max == 256);
    CU_ASSERT_FATAL(signer_health(client, &health, &error) == SIGNER_OK);
    CU_ASSERT(health.state == SIGNER_SEALED && health.vaults == 3 && health.protection_count == 1);
    CU_ASSERT_STRING_EQUAL(health.protections[0].value, "on");
    CU_ASSERT_FATAL(signer_stats(client, &stats, &error) == SIGNER_OK);
    CU_ASSERT(stats.count == 1 && stats.counters[0].value == 7);
    CU_ASSERT(signer_seal(client, &error) == SIGNER_OK);
    CU_ASSERT_STRING_EQUAL(signer_status_name(SIGNER_UNAVAILABLE), "UNAVAILABLE");
    expect_argument(signer_hello(client, NULL, &error));
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("signer calls", start, stop);
    CU_ADD_TEST(suite, test_a_signature_is_written_where_it_fits_alone);
    CU_ADD_TEST(suite, test_a_sign_that_the_signer_refuses_says_why);
    CU_ADD_TEST(suite, test_a_signature_names_the_key_that_was_loaded_and_only_if_one_is_given);
    CU_ADD_TEST(suite, test_an_older_signer_that_cannot_check_the_key_signs_nothing);
    CU_ADD_TEST(suite, test_a_key_that_is_asked_for_has_all_its_fields);
    CU_ADD_TEST(suite, test_a_generated_key_is_handed_out_and_its_policy_sent);
    CU_ADD_TEST(suite, test_a_page_of_a_list_is_asked_for_and_handed_out);
    CU_ADD_TEST(suite, test_a_list_that_does_not_go_on_in_order_is_refused);
    CU_ADD_TEST(suite, test_an_answer_about_another_key_is_refused);
    CU_ADD_TEST(suite, test_a_certificate_over_its_size_is_not_sent);
    CU_ADD_TEST(suite, test_hello_health_and_stats_hand_out_what_the_signer_says);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
