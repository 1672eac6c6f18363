#include "proto/request.h"
#include "proto/response.h"

#include "proto/frame.h"
#include "tests/unit/unit.h"

enum { WIRE_MAX = 4096 };

static uint8_t memory[SCRATCH_SIZE(SIGN_REQUEST_MAX)] __attribute__((aligned(16)));
static struct scratch scratch = { memory, sizeof memory, 0 };
static struct request request;
static struct response response;

static enum decode_result decode(const uint8_t *bytes, size_t length)
{
    scratch_reset(&scratch);
    memset(&request, 0, sizeof request);
    return request_decode((struct slice){ bytes, length }, &scratch, &request);
}

/* -- a wire of one's own -- */

struct wire {
    uint8_t bytes[WIRE_MAX];
    size_t length;
};

static void put_byte(struct wire *wire, unsigned byte)
{
    wire->bytes[wire->length++] = (uint8_t)byte;
}

static void put_varint(struct wire *wire, uint64_t value)
{
    for (; value > 127; value >>= 7)
        put_byte(wire, 128 | (unsigned)(value & 127));
    put_byte(wire, (unsigned)value);
}

static void put_number(struct wire *wire, unsigned field, uint64_t value)
{
    put_varint(wire, field << 3);
    put_varint(wire, value);
}

static void put_bytes(struct wire *wire, unsigned field, const void *bytes, size_t length)
{
    put_varint(wire, field << 3 | 2);
    put_varint(wire, length);
    memcpy(wire->bytes + wire->length, bytes, length);
    wire->length += length;
}

static void put_text(struct wire *wire, unsigned field, const char *text)
{
    put_bytes(wire, field, text, strlen(text));
}

static void put_message(struct wire *wire, unsigned field, const struct wire *message)
{
    put_bytes(wire, field, message->bytes, message->length);
}

/* Request 7 with this operation. */
static struct wire with(unsigned field, const struct wire *operation)
{
    struct wire wire = { .length = 0 };
    put_number(&wire, 1, 7);
    put_message(&wire, field, operation);
    return wire;
}

static enum decode_result decode_with(unsigned field, const struct wire *operation)
{
    struct wire wire = with(field, operation);
    return decode(wire.bytes, wire.length);
}

static struct wire generate_wire(const struct wire *policy)
{
    struct wire wire = { .length = 0 };
    put_text(&wire, 1, "ca");
    put_message(&wire, 3, policy);
    return wire;
}

static enum decode_result decode_policy(const struct wire *policy)
{
    struct wire operation = generate_wire(policy);
    return decode_with(14, &operation);
}

/* -- requests that are right -- */

static const struct request samples[] = {
    { .id = 1, .operation = OPERATION_HELLO },
    { .id = UINT64_MAX, .deadline_ms = UINT32_MAX, .operation = OPERATION_HEALTH },
    { .id = 3, .operation = OPERATION_LIST_KEYS, .list_keys = { "after-this", 17 } },
    { .id = 3, .operation = OPERATION_LIST_KEYS, .list_keys = { "", 0 } },
    { .id = 4, .operation = OPERATION_GET_KEY, .get_key = { "ca" } },
    { .id = 5,
      .operation = OPERATION_GENERATE_KEY,
      .generate_key = { "ca", "ec-p256", { 2, 3, { 3, 1 }, { 1, 2, 3 } } } },
    { .id = 5,
      .operation = OPERATION_GENERATE_KEY,
      .generate_key = { "ca", "", { 8, 0, { 1, 2, 3, 4, 5, 6, 7, 300 }, { 0 } } } },
    { .id = 6, .operation = OPERATION_GENERATE_KEY, .generate_key = { "ca", "rsa-2048", { 0, 0, { 0 }, { 0 } } } },
    { .id = 7,
      .deadline_ms = 5000,
      .operation = OPERATION_SIGN,
      .sign = { "ca", 3, 1, SIGN_INPUT_DIGEST, { (const uint8_t *)"01234567890123456789012345678901", 32 } } },
    { .id = 8,
      .operation = OPERATION_SIGN,
      .sign = { "ca", 4, 0, SIGN_INPUT_MESSAGE, { (const uint8_t *)"\0all of it\0", 11 } } },
    { .id = 8, .operation = OPERATION_SIGN, .sign = { "ca", 4, 0, SIGN_INPUT_MESSAGE, { NULL, 0 } } },
    { .id = 9, .operation = OPERATION_SIGN, .sign = { "", 0, 0, SIGN_INPUT_NONE, { NULL, 0 } } },
    { .id = 10, .operation = OPERATION_SET_CERTIFICATE, .set_certificate = { "ca", { (const uint8_t *)"PEM", 3 } } },
    { .id = 11, .operation = OPERATION_DESTROY_KEY, .destroy_key = { "ca" } },
    { .id = 12, .operation = OPERATION_SEAL },
    { .id = 13, .operation = OPERATION_STATS },
    { .id = 14, .operation = OPERATION_NONE },
};

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_slice(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static bool same_policy(const struct policy_lists *a, const struct policy_lists *b)
{
    return a->scheme_count == b->scheme_count && a->hash_count == b->hash_count
        && memcmp(a->schemes, b->schemes, a->scheme_count * sizeof *a->schemes) == 0
        && memcmp(a->hashes, b->hashes, a->hash_count * sizeof *a->hashes) == 0;
}

static bool same_sign(const struct request *a, const struct request *b)
{
    return same_text(a->sign.id, b->sign.id) && a->sign.scheme == b->sign.scheme && a->sign.hash == b->sign.hash
        && a->sign.kind == b->sign.kind && same_slice(a->sign.input, b->sign.input);
}

static bool same_request(const struct request *a, const struct request *b)
{
    if (a->id != b->id || a->deadline_ms != b->deadline_ms || a->operation != b->operation)
        return false;
    switch (a->operation) {
    case OPERATION_LIST_KEYS:
        return same_text(a->list_keys.after, b->list_keys.after) && a->list_keys.limit == b->list_keys.limit;
    case OPERATION_GET_KEY: return same_text(a->get_key.id, b->get_key.id);
    case OPERATION_DESTROY_KEY: return same_text(a->destroy_key.id, b->destroy_key.id);
    case OPERATION_GENERATE_KEY:
        return same_text(a->generate_key.id, b->generate_key.id)
            && same_text(a->generate_key.algorithm, b->generate_key.algorithm)
            && same_policy(&a->generate_key.policy, &b->generate_key.policy);
    case OPERATION_SIGN: return same_sign(a, b);
    case OPERATION_SET_CERTIFICATE:
        return same_text(a->set_certificate.id, b->set_certificate.id)
            && same_slice(a->set_certificate.certificate, b->set_certificate.certificate);
    default: return true;
    }
}

static void test_every_request_comes_back(void)
{
    uint8_t frame[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        size_t payload, size = request_encode(&samples[i], frame, sizeof frame);
        CU_ASSERT(size > 0 && request_encode(&samples[i], NULL, 0) == size);
        CU_ASSERT(frame_look(frame, size, REQUEST_MAX, &payload) == FRAME_WHOLE && payload == size - 4);
        CU_ASSERT(decode(frame + 4, size - 4) == DECODE_OK);
        CU_ASSERT(same_request(&request, &samples[i]));
    }
}

static void test_capacity(void)
{
    uint8_t frame[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        size_t size = request_encode(&samples[i], NULL, 0);
        for (size_t capacity = 0; capacity < size; capacity++)
            CU_ASSERT(request_encode(&samples[i], frame, capacity) == 0);
        memset(frame, 0xee, sizeof frame);
        CU_ASSERT(request_encode(&samples[i], frame, size) == size && frame[size] == 0xee);
    }
}

/* The whole frames of PROTOCOL.md. */
static const struct {
    const char *hex;
    struct request request;
} documented[] = {
    { "00000004 08015200", { .id = 1, .operation = OPERATION_HELLO } },
    { "00000025 0802108827721e0a0a69737375696e672d6361120765632d703235361a070a010312020102",
      { .id = 2,
        .deadline_ms = 5000,
        .operation = OPERATION_GENERATE_KEY,
        .generate_key = { "issuing-ca", "ec-p256", { 1, 2, { 3 }, { 1, 2 } } } } },
    { "0000000d 08058a01080a066f6c642d6361",
      { .id = 5, .operation = OPERATION_DESTROY_KEY, .destroy_key = { "old-ca" } } },
};

static void test_the_documents_examples(void)
{
    uint8_t wanted[WIRE_MAX], found[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(documented); i++) {
        size_t size = unit_hex(documented[i].hex, wanted, sizeof wanted);
        CU_ASSERT(request_encode(&documented[i].request, found, sizeof found) == size);
        CU_ASSERT(memcmp(found, wanted, size) == 0);
        CU_ASSERT(decode(wanted + 4, size - 4) == DECODE_OK && same_request(&request, &documented[i].request));
    }
}

static void test_the_largest_sign_request(void)
{
    static uint8_t message[SIGN_REQUEST_MAX], frame[SIGN_REQUEST_MAX + 4];
    struct request sample = { .id = 1,
                              .operation = OPERATION_SIGN,
                              .sign = { "ca", 4, 0, SIGN_INPUT_MESSAGE, { message, sizeof message - 32 } } };
    memset(message, 0xab, sizeof message);
    size_t size = request_encode(&sample, frame, sizeof frame);
    CU_ASSERT(size > SIGN_REQUEST_MAX - 64 && decode(frame + 4, size - 4) == DECODE_OK);
    CU_ASSERT(same_request(&request, &sample));
}

/* -- unknown fields -- */

static void put_unknown(struct wire *wire, unsigned kind)
{
    switch (kind) {
    case 0: put_number(wire, 500, 1); break;
    case 1: put_text(wire, 500, "new"); break;
    case 2: put_number(wire, 500, 0); break;
    default: put_text(wire, 500, ""); break;
    }
}

static void test_unknown_at_the_top(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct wire nothing = { .length = 0 }, wire = with(10, &nothing);
        put_unknown(&wire, kind);
        CU_ASSERT(decode(wire.bytes, wire.length) == DECODE_UNKNOWN_FIELD && request.id == 7);
    }
}

static void test_unknown_in_each_operation(void)
{
    static const unsigned operations[] = { 10, 11, 12, 13, 14, 15, 16, 17, 19, 21 };
    for (size_t i = 0; i < UNIT_COUNT(operations); i++)
        for (unsigned kind = 0; kind < 4; kind++) {
            struct wire operation = { .length = 0 };
            CU_ASSERT(decode_with(operations[i], &operation) == DECODE_OK);
            put_unknown(&operation, kind);
            CU_ASSERT(decode_with(operations[i], &operation) == DECODE_UNKNOWN_FIELD && request.id == 7);
        }
}

static void test_unknown_in_the_policy(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct wire policy = { .length = 0 };
        put_bytes(&policy, 1, "\3", 1);
        CU_ASSERT(decode_policy(&policy) == DECODE_OK);
        put_unknown(&policy, kind);
        CU_ASSERT(decode_policy(&policy) == DECODE_UNKNOWN_FIELD && request.id == 7);
    }
}

static void test_reserved_numbers_are_unknown(void)
{
    for (unsigned field = 6; field <= 15; field++) {
        struct wire sign = { .length = 0 };
        put_text(&sign, 1, "ca");
        put_text(&sign, field, "x");
        CU_ASSERT(decode_with(15, &sign) == DECODE_UNKNOWN_FIELD && request.id == 7);
    }
    struct wire nothing = { .length = 0 };
    CU_ASSERT(decode_with(22, &nothing) == DECODE_UNKNOWN_FIELD && request.id == 7);
}

/* -- other encodings -- */

static void expect_not_canonical(const char *hex)
{
    uint8_t bytes[256];
    size_t length = unit_hex(hex, bytes, sizeof bytes);
    CU_ASSERT_EQUAL(decode(bytes, length), DECODE_NOT_CANONICAL);
    CU_ASSERT_EQUAL(request.id, 7);
}

static void test_one_encoding_per_value(void)
{
    uint8_t bytes[16];
    CU_ASSERT(decode(bytes, unit_hex("08 07 10 05 52 00", bytes, sizeof bytes)) == DECODE_OK);
    static const char *const others[] = {
        "08 87 00 52 00",    /* a number that is not in its shortest form */
        "88 00 07 52 00",    /* a tag that is not */
        "08 07 52 80 00",    /* a length that is not */
        "08 07 10 00 52 00", /* a default value */
        "08 07 6a 02 0a 00", /* an empty string in a sub-message */
        "08 07 7a 02 10 00", /* an enum's zero */
        "08 01 08 07 52 00", /* a field twice */
        "08 07 52 00 52 00", /* an operation twice */
        "08 07 52 00 5a 00", /* two operations */
        "08 07 6a 03 0a 01 61 6a 03 0a 01 61",
        "08 07 7a 03 0a 01 61 7a 04 22 02 31 32", /* two halves of one Sign */
        "08 07 7a 08 22 02 31 32 22 02 31 33",    /* a digest twice */
        "08 07 7a 08 22 02 31 32 2a 02 31 33",    /* a digest and a message */
        "08 07 6a 05 0a 03 61 00 62",             /* a zero within a string */
        "08 07 10 85 80 80 80 10 52 00",          /* a number beyond 32 bits */
        "10 05 08 07 52 00",                      /* fields out of order */
    };
    for (size_t i = 0; i < UNIT_COUNT(others); i++)
        expect_not_canonical(others[i]);
}

static void test_one_encoding_per_list(void)
{
    static const char *const others[] = {
        "08 07 72 02 1a 00",             /* an empty policy */
        "08 07 72 04 1a 02 0a 00",       /* an empty list */
        "08 07 72 04 1a 02 08 03",       /* a list that is not packed */
        "08 07 72 06 1a 04 08 03 08 01", /* as long as a packed one */
        "08 07 72 08 1a 06 0a 01 03 0a 01 01",
        "08 07 72 06 1a 04 0a 02 83 00",
    };
    for (size_t i = 0; i < UNIT_COUNT(others); i++)
        expect_not_canonical(others[i]);
}

static void test_lists_have_a_bound(void)
{
    for (unsigned field = 1; field <= 2; field++)
        for (size_t count = 1; count < 40; count++) {
            struct wire policy = { .length = 0 };
            put_bytes(&policy, field, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
                      count);
            enum decode_result result = decode_policy(&policy);
            CU_ASSERT(result == (count <= POLICY_LIST_MAX ? DECODE_OK : DECODE_LIST_TOO_LONG));
            CU_ASSERT(request.id == 7);
        }
}

static void test_wrong_kinds_of_field(void)
{
    static const char *const bad[] = { "0a 01 07",
                                       "08",
                                       "08 07 50 01",
                                       "08 07 52 05 00",
                                       "07",
                                       "00 00",
                                       "08 ff ff ff ff ff ff ff ff ff ff 01",
                                       "08 07 6a 02 08 01",
                                       "0b 0c" };
    uint8_t bytes[64];
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(decode(bytes, unit_hex(bad[i], bytes, sizeof bytes)) == DECODE_GARBAGE);
}

/* -- damage -- */

/* What is accepted is the one encoding of what it was read as. */
static bool is_its_own_encoding(const uint8_t *bytes, size_t length)
{
    static uint8_t again[WIRE_MAX];
    size_t size = request_encode(&request, again, sizeof again);
    return size == length + 4 && memcmp(again + 4, bytes, length) == 0;
}

static void test_truncated(void)
{
    uint8_t frame[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        size_t size = request_encode(&samples[i], frame, sizeof frame) - 4;
        for (size_t length = 0; length < size; length++)
            if (decode(frame + 4, length) == DECODE_OK)
                CU_ASSERT(is_its_own_encoding(frame + 4, length) && !same_request(&request, &samples[i]));
    }
}

static void test_every_byte_changed(void)
{
    uint8_t frame[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        size_t size = request_encode(&samples[i], frame, sizeof frame) - 4;
        for (size_t at = 0; at < size; at++)
            for (unsigned change = 1; change < 256; change++) {
                frame[4 + at] ^= (uint8_t)change;
                if (decode(frame + 4, size) == DECODE_OK)
                    CU_ASSERT(is_its_own_encoding(frame + 4, size) && !same_request(&request, &samples[i]));
                frame[4 + at] ^= (uint8_t)change;
            }
    }
}

static void test_random_bytes(void)
{
    uint64_t state = 42;
    uint8_t bytes[64], frame[WIRE_MAX];
    for (int i = 0; i < 100000; i++) {
        size_t length = unit_random(&state) % sizeof bytes;
        for (size_t j = 0; j < length; j++)
            bytes[j] = (uint8_t)unit_random(&state);
        if (decode(bytes, length) == DECODE_OK)
            CU_ASSERT(is_its_own_encoding(bytes, length));
        scratch_reset(&scratch);
        if (response_decode((struct slice){ bytes, length }, &scratch, &response) == DECODE_OK)
            CU_ASSERT(response_encode(&response, frame, sizeof frame) > 0);
    }
}

/* -- memory -- */

static void test_scratch_that_is_too_small(void)
{
    uint8_t frame[WIRE_MAX];
    size_t length = request_encode(&samples[5], frame, sizeof frame) - 4;
    enum decode_result result = DECODE_GARBAGE, before = DECODE_GARBAGE;
    size_t other = 0;
    for (size_t size = 0; size < 4096; size++, before = result) {
        struct scratch small = { memory, size, 0 };
        result = request_decode((struct slice){ frame + 4, length }, &small, &request);
        CU_ASSERT(small.used <= size);
        CU_ASSERT(result != DECODE_OK || same_request(&request, &samples[5]));
        CU_ASSERT(before != DECODE_OK || result == DECODE_OK);
        other += result != DECODE_OK && result != DECODE_GARBAGE;
    }
    CU_ASSERT(result == DECODE_OK);
    CU_ASSERT_EQUAL(other, 0); /* a request is not blamed for our want of memory */
}

static void test_a_reset_wipes(void)
{
    uint8_t frame[WIRE_MAX];
    memset(memory, 0, sizeof memory);
    scratch.used = 0;
    size_t length = request_encode(&samples[9], frame, sizeof frame) - 4;
    CU_ASSERT(decode(frame + 4, length) == DECODE_OK && scratch.used > 0);
    CU_ASSERT(memmem(memory, sizeof memory, "all of it", 9) != NULL);
    scratch_reset(&scratch);
    CU_ASSERT(scratch.used == 0 && unit_all(memory, sizeof memory, 0));
}

/* -- responses -- */

static enum decode_result decode_response(const uint8_t *bytes, size_t length)
{
    scratch_reset(&scratch);
    return response_decode((struct slice){ bytes, length }, &scratch, &response);
}

/* Encodes, decodes, encodes again: the same bytes, and the fields that all have. */
static bool comes_back(const struct response *sample)
{
    static uint8_t frame[256 * 1024], again[256 * 1024];
    size_t size = response_encode(sample, frame, sizeof frame);
    return size > 4 && response_encode(sample, NULL, 0) == size && response_encode(sample, again, size - 1) == 0
        && decode_response(frame + 4, size - 4) == DECODE_OK && response.id == sample->id
        && response.status == sample->status && response.operation == sample->operation
        && same_text(response.reason, sample->reason) && same_text(response.message, sample->message)
        && response_encode(&response, again, sizeof again) == size && memcmp(again, frame, size) == 0;
}

static struct key_info a_key(void)
{
    return (struct key_info){ "ca",
                              "ec-p256",
                              { 1, 3, { 3 }, { 1, 2, 3 } },
                              { (const uint8_t *)"spki", 4 },
                              1767225600,
                              { (const uint8_t *)"PEM", 3 },
                              true };
}

static void test_errors_come_back(void)
{
    struct response sample = {
        .id = 4, .status = STATUS_NOT_FOUND, .reason = "KEY_UNKNOWN", .message = "no", .retry_after_ms = 100
    };
    CU_ASSERT(comes_back(&sample));
    CU_ASSERT(response.retry_after_ms == 100 && response.operation == OPERATION_NONE);
    uint8_t wanted[64], frame[64];
    size_t size = unit_hex("00000015 080410021a0b4b45595f554e4b4e4f574e22026e6f", wanted, sizeof wanted);
    sample.retry_after_ms = 0;
    CU_ASSERT(response_encode(&sample, frame, sizeof frame) == size && memcmp(frame, wanted, size) == 0);
}

static void test_hello_comes_back(void)
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
    CU_ASSERT(comes_back(&sample));
    CU_ASSERT(same_text(response.hello.version, "1") && same_text(response.hello.kek_id, "kek"));
    CU_ASSERT(response.hello.in_flight_max == 5 && response.hello.response_max == 4);
    CU_ASSERT(response.hello.algorithm_count == LABELS_MAX && same_text(response.hello.roles[1], "admin"));
}

static void test_health_and_stats_come_back(void)
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
    CU_ASSERT(comes_back(&health) && response.health.writable && response.health.vaults == 3);
    CU_ASSERT(same_text(response.health.protections[1].text, "d"));
    CU_ASSERT(comes_back(&stats) && response.stats.counter_count == 2);
    CU_ASSERT(response.stats.counters[0].number == UINT64_MAX);
}

static bool same_key(const struct key_info *a, const struct key_info *b)
{
    return same_text(a->id, b->id) && same_text(a->algorithm, b->algorithm) && same_policy(&a->policy, &b->policy)
        && same_slice(a->public_key, b->public_key) && same_slice(a->certificate, b->certificate)
        && a->created == b->created && a->unverified == b->unverified;
}

static void test_keys_come_back(void)
{
    static struct key_info keys[LIST_PAGE_MAX];
    struct key_info key = a_key();
    struct response get = { .id = 1, .operation = OPERATION_GET_KEY, .get_key = { key } };
    struct response generate = { .id = 2, .operation = OPERATION_GENERATE_KEY, .generate_key = { key, true } };
    struct response list = { .id = 3, .operation = OPERATION_LIST_KEYS, .list_keys = { LIST_PAGE_MAX, keys, true } };
    struct response none = { .id = 4, .operation = OPERATION_LIST_KEYS };
    for (size_t i = 0; i < LIST_PAGE_MAX; i++)
        keys[i] = key;
    CU_ASSERT(comes_back(&get) && same_key(&response.get_key.key, &key));
    CU_ASSERT(comes_back(&generate) && response.generate_key.created);
    CU_ASSERT(comes_back(&list) && response.list_keys.key_count == LIST_PAGE_MAX && response.list_keys.more);
    CU_ASSERT(same_key(&response.list_keys.keys[LIST_PAGE_MAX - 1], &key));
    CU_ASSERT(comes_back(&none) && response.list_keys.key_count == 0);
}

static void test_the_rest_comes_back(void)
{
    struct response sign = { .id = 1, .operation = OPERATION_SIGN, .sign = { { (const uint8_t *)"sig", 3 } } };
    struct response destroy = { .id = 2, .operation = OPERATION_DESTROY_KEY, .destroy_key = { true } };
    struct response set = { .id = 3, .operation = OPERATION_SET_CERTIFICATE };
    struct response seal = { .id = 4, .operation = OPERATION_SEAL };
    CU_ASSERT(comes_back(&sign) && same_slice(response.sign.signature, sign.sign.signature));
    CU_ASSERT(comes_back(&destroy) && response.destroy_key.existed);
    CU_ASSERT(comes_back(&set) && comes_back(&seal));
}

static void test_clients_ignore_what_they_do_not_know(void)
{
    struct wire sign = { .length = 0 }, wire;
    put_text(&sign, 1, "signature");
    put_unknown(&sign, 1);
    wire = with(15, &sign);
    put_unknown(&wire, 0);
    CU_ASSERT(decode_response(wire.bytes, wire.length) == DECODE_OK && response.id == 7);
    CU_ASSERT(response.operation == OPERATION_SIGN && response.sign.signature.length == 9);
}

static void expect_bound(unsigned result, unsigned field, const struct wire *entry, size_t bound)
{
    for (size_t count = bound - 1; count <= bound + 1; count++) {
        struct wire list = { .length = 0 }, wire;
        for (size_t i = 0; i < count; i++)
            put_message(&list, field, entry);
        wire = with(result, &list);
        CU_ASSERT_EQUAL(decode_response(wire.bytes, wire.length), count <= bound ? DECODE_OK : DECODE_GARBAGE);
    }
}

static void test_lists_that_are_too_long(void)
{
    struct wire empty = { .length = 0 }, policy = empty, key = empty;
    expect_bound(10, 10, &empty, LABELS_MAX);
    expect_bound(10, 11, &empty, LABELS_MAX);
    expect_bound(11, 5, &empty, LABELS_MAX);
    expect_bound(21, 1, &empty, LABELS_MAX);
    expect_bound(12, 1, &empty, LIST_PAGE_MAX);
    put_bytes(&policy, 1, "\1\1\1\1\1\1\1\1\1", 9);
    put_message(&key, 3, &policy);
    struct wire get = { .length = 0 };
    put_message(&get, 1, &key);
    struct wire wire = with(13, &get);
    CU_ASSERT(decode_response(wire.bytes, wire.length) == DECODE_GARBAGE);
}

static void test_a_key_that_is_missing(void)
{
    struct wire nothing = { .length = 0 }, get = with(13, &nothing), generate = with(14, &nothing);
    CU_ASSERT(decode_response(get.bytes, get.length) == DECODE_GARBAGE);
    CU_ASSERT(decode_response(generate.bytes, generate.length) == DECODE_GARBAGE);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_every_request_comes_back),
        UNIT_TEST(test_capacity),
        UNIT_TEST(test_the_documents_examples),
        UNIT_TEST(test_the_largest_sign_request),
        UNIT_TEST(test_unknown_at_the_top),
        UNIT_TEST(test_unknown_in_each_operation),
        UNIT_TEST(test_unknown_in_the_policy),
        UNIT_TEST(test_reserved_numbers_are_unknown),
        UNIT_TEST(test_one_encoding_per_value),
        UNIT_TEST(test_one_encoding_per_list),
        UNIT_TEST(test_lists_have_a_bound),
        UNIT_TEST(test_wrong_kinds_of_field),
        UNIT_TEST(test_truncated),
        UNIT_TEST(test_every_byte_changed),
        UNIT_TEST(test_random_bytes),
        UNIT_TEST(test_scratch_that_is_too_small),
        UNIT_TEST(test_a_reset_wipes),
        UNIT_TEST(test_errors_come_back),
        UNIT_TEST(test_hello_comes_back),
        UNIT_TEST(test_health_and_stats_come_back),
        UNIT_TEST(test_keys_come_back),
        UNIT_TEST(test_the_rest_comes_back),
        UNIT_TEST(test_clients_ignore_what_they_do_not_know),
        UNIT_TEST(test_lists_that_are_too_long),
        UNIT_TEST(test_a_key_that_is_missing),
    };
    return UNIT_RUN("codec", tests);
}
