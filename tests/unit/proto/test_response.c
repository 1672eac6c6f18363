/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/response.h"

#include "tests/unit/proto/wire_bytes.h"

static uint8_t memory[SCRATCH_SIZE(RESPONSE_MAX)] __attribute__((aligned(16)));
static struct scratch scratch = { memory, sizeof memory, 0 };
static struct response response;

static enum decode_result decode_response(const uint8_t *bytes, size_t length)
{
    scratch_reset(&scratch);
    return response_decode((struct slice){ bytes, length }, &scratch, &response);
}

/* Encodes, decodes, encodes again: the same bytes, and the fields that all have. */
static bool survives(const struct response *sample)
{
    static uint8_t frame[256 * 1024], again[256 * 1024];
    size_t size = response_encode(sample, frame, sizeof frame);
    return size > 4 && response_encode(sample, NULL, 0) == size && response_encode(sample, again, size - 1) == 0
        && decode_response(frame + 4, size - 4) == DECODE_OK && response.id == sample->id
        && response.status == sample->status && response.operation == sample->operation
        && is_same_text(response.reason, sample->reason) && is_same_text(response.message, sample->message)
        && response_encode(&response, again, sizeof again) == size && memcmp(again, frame, size) == 0;
}

static struct key_info sample_key(void)
{
    return (struct key_info){ "ca",
                              "ec-p256",
                              { 1, 3, { 3 }, { 1, 2, 3 } },
                              { (const uint8_t *)"spki", 4 },
                              1767225600,
                              { (const uint8_t *)"PEM", 3 },
                              true,
                              "KEY_CORRUPT" };
}

static void test_a_refusal_survives_and_is_the_documents_example(void)
{
    struct response sample = {
        .id = 4, .status = STATUS_NOT_FOUND, .reason = "KEY_UNKNOWN", .message = "no", .retry_after_ms = 100
    };
    CU_ASSERT(survives(&sample));
    CU_ASSERT(response.retry_after_ms == 100 && response.operation == OPERATION_NONE);
    uint8_t wanted[64], frame[64];
    size_t size = unit_hex("00000015 080410021a0b4b45595f554e4b4e4f574e22026e6f", wanted, sizeof wanted);
    sample.retry_after_ms = 0;
    CU_ASSERT(response_encode(&sample, frame, sizeof frame) == size && memcmp(frame, wanted, size) == 0);
}

static void test_hello_survives_with_its_longest_list(void)
{
    struct response sample = { .id = 1,
                               .operation = OPERATION_HELLO,
                               .hello = { .version = "1",
                                          .keystore_id = "ks",
                                          .kek_id = "kek",
                                          .protocol = 1,
                                          .request_max = 2,
                                          .sign_request_max = 3,
                                          .response_max = 4,
                                          .in_flight_max = 5,
                                          .state = STATE_OPEN,
                                          .algorithm_count = LABELS_MAX,
                                          .role_count = 2,
                                          .roles = { "sign", "admin" } } };
    for (size_t i = 0; i < LABELS_MAX; i++)
        sample.hello.algorithms[i] = "ed25519";
    CU_ASSERT(survives(&sample));
    CU_ASSERT(is_same_text(response.hello.version, "1") && is_same_text(response.hello.kek_id, "kek"));
    CU_ASSERT(response.hello.in_flight_max == 5 && response.hello.response_max == 4);
    CU_ASSERT(response.hello.algorithm_count == LABELS_MAX && is_same_text(response.hello.roles[1], "admin"));
}

static void test_health_and_stats_survive(void)
{
    struct response health = { .id = 2,
                               .operation = OPERATION_HEALTH,
                               .health = { .state = STATE_DRAINING,
                                           .vaults = 3,
                                           .uptime_seconds = 4,
                                           .writable = true,
                                           .protection_count = 2,
                                           .protections = { { "a", "b", 0 }, { "c", "d", 0 } } } };
    struct response stats = { .id = 3,
                              .operation = OPERATION_STATS,
                              .stats = { 2, { { "signatures", NULL, UINT64_MAX }, { "loads", NULL, 0 } } } };
    CU_ASSERT(survives(&health) && response.health.writable && response.health.vaults == 3);
    CU_ASSERT(is_same_text(response.health.protections[1].text, "d"));
    CU_ASSERT(survives(&stats) && response.stats.counter_count == 2);
    CU_ASSERT(response.stats.counters[0].number == UINT64_MAX);
}

static bool is_same_key(const struct key_info *a, const struct key_info *b)
{
    return is_same_text(a->id, b->id) && is_same_text(a->algorithm, b->algorithm)
        && is_same_policy(&a->policy, &b->policy) && is_same_slice(a->public_key, b->public_key)
        && is_same_slice(a->certificate, b->certificate) && a->created == b->created && a->unverified == b->unverified;
}

static void test_keys_survive_one_none_and_a_whole_page(void)
{
    static struct key_info keys[LIST_PAGE_MAX];
    struct key_info key = sample_key();
    struct response get = { .id = 1, .operation = OPERATION_GET_KEY, .get_key = { key } };
    struct response generate = { .id = 2, .operation = OPERATION_GENERATE_KEY, .generate_key = { key, true } };
    struct response list = { .id = 3, .operation = OPERATION_LIST_KEYS, .list_keys = { LIST_PAGE_MAX, keys, true } };
    struct response none = { .id = 4, .operation = OPERATION_LIST_KEYS };
    for (size_t i = 0; i < LIST_PAGE_MAX; i++)
        keys[i] = key;
    CU_ASSERT(survives(&get) && is_same_key(&response.get_key.key, &key));
    CU_ASSERT(survives(&generate) && response.generate_key.created);
    CU_ASSERT(survives(&list) && response.list_keys.key_count == LIST_PAGE_MAX && response.list_keys.more);
    CU_ASSERT(is_same_key(&response.list_keys.keys[LIST_PAGE_MAX - 1], &key));
    CU_ASSERT(survives(&none) && response.list_keys.key_count == 0);
}

static void test_the_short_results_survive(void)
{
    struct response sign = { .id = 1, .operation = OPERATION_SIGN, .sign = { { (const uint8_t *)"sig", 3 } } };
    struct response destroy = { .id = 2, .operation = OPERATION_DESTROY_KEY, .destroy_key = { true } };
    struct response set = { .id = 3, .operation = OPERATION_SET_CERTIFICATE };
    struct response seal = { .id = 4, .operation = OPERATION_SEAL };
    CU_ASSERT(survives(&sign) && is_same_slice(response.sign.signature, sign.sign.signature));
    CU_ASSERT(survives(&destroy) && response.destroy_key.existed);
    CU_ASSERT(survives(&set) && survives(&seal));
}

static void test_an_unknown_field_of_a_response_is_ignored(void)
{
    struct wire_bytes sign = { .length = 0 }, wire;
    put_text(&sign, 1, "signature");
    put_unknown(&sign, 1);
    wire = request_with(15, &sign);
    put_unknown(&wire, 0);
    CU_ASSERT(decode_response(wire.bytes, wire.length) == DECODE_OK && response.id == 7);
    CU_ASSERT(response.operation == OPERATION_SIGN && response.sign.signature.length == 9);
}

static void expect_bound(unsigned result, unsigned field, const struct wire_bytes *entry, size_t bound)
{
    for (size_t count = bound - 1; count <= bound + 1; count++) {
        struct wire_bytes list = { .length = 0 }, wire;
        for (size_t i = 0; i < count; i++)
            put_message(&list, field, entry);
        wire = request_with(result, &list);
        CU_ASSERT_EQUAL(decode_response(wire.bytes, wire.length), count <= bound ? DECODE_OK : DECODE_GARBAGE);
    }
}

static void test_a_response_with_a_list_over_its_bound_is_garbage(void)
{
    struct wire_bytes empty = { .length = 0 }, policy = empty, key = empty;
    expect_bound(10, 10, &empty, LABELS_MAX);
    expect_bound(10, 11, &empty, LABELS_MAX);
    expect_bound(11, 5, &empty, LABELS_MAX);
    expect_bound(21, 1, &empty, LABELS_MAX);
    expect_bound(12, 1, &empty, LIST_PAGE_MAX);
    put_bytes(&policy, 1, "\1\1\1\1\1\1\1\1\1", 9);
    put_message(&key, 3, &policy);
    struct wire_bytes get = { .length = 0 };
    put_message(&get, 1, &key);
    struct wire_bytes wire = request_with(13, &get);
    CU_ASSERT(decode_response(wire.bytes, wire.length) == DECODE_GARBAGE);
}

static void test_a_result_without_its_key_is_garbage(void)
{
    struct wire_bytes nothing = { .length = 0 }, get = request_with(13, &nothing),
                      generate = request_with(14, &nothing);
    CU_ASSERT(decode_response(get.bytes, get.length) == DECODE_GARBAGE);
    CU_ASSERT(decode_response(generate.bytes, generate.length) == DECODE_GARBAGE);
}

static void test_random_bytes_that_are_accepted_can_be_encoded_again(void)
{
    uint64_t state = 42;
    uint8_t bytes[64], frame[WIRE_MAX];
    for (int i = 0; i < 100000; i++) {
        size_t length = unit_random(&state) % sizeof bytes;
        for (size_t j = 0; j < length; j++)
            bytes[j] = (uint8_t)unit_random(&state);
        if (decode_response(bytes, length) == DECODE_OK)
            CU_ASSERT(response_encode(&response, frame, sizeof frame) > 0);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_refusal_survives_and_is_the_documents_example),
        UNIT_TEST(test_hello_survives_with_its_longest_list),
        UNIT_TEST(test_health_and_stats_survive),
        UNIT_TEST(test_keys_survive_one_none_and_a_whole_page),
        UNIT_TEST(test_the_short_results_survive),
        UNIT_TEST(test_an_unknown_field_of_a_response_is_ignored),
        UNIT_TEST(test_a_response_with_a_list_over_its_bound_is_garbage),
        UNIT_TEST(test_a_result_without_its_key_is_garbage),
        UNIT_TEST(test_random_bytes_that_are_accepted_can_be_encoded_again),
    };
    return UNIT_RUN("response", tests);
}
