/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/request.h"

#include "proto/frame.h"
#include "tests/unit/proto/wire_bytes.h"

static uint8_t memory[SCRATCH_SIZE(SIGN_REQUEST_MAX)] __attribute__((aligned(16)));
static struct scratch scratch = { memory, sizeof memory, 0 };
static struct request request;

static enum decode_result decode(const uint8_t *bytes, size_t length)
{
    scratch_reset(&scratch);
    memset(&request, 0, sizeof request);
    return request_decode((struct slice){ bytes, length }, &scratch, &request);
}

static enum decode_result decode_with(unsigned field, const struct wire_bytes *operation)
{
    struct wire_bytes wire = request_with(field, operation);
    return decode(wire.bytes, wire.length);
}

static struct wire_bytes generate_wire(const struct wire_bytes *policy)
{
    struct wire_bytes wire = { .length = 0 };
    put_text(&wire, 1, "ca");
    put_message(&wire, 3, policy);
    return wire;
}

static enum decode_result decode_policy(const struct wire_bytes *policy)
{
    struct wire_bytes operation = generate_wire(policy);
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
      .sign = { "ca",
                3,
                1,
                SIGN_INPUT_DIGEST,
                { (const uint8_t *)"01234567890123456789012345678901", 32 },
                { NULL, 0 } } },
    { .id = 8,
      .operation = OPERATION_SIGN,
      .sign = { "ca", 4, 0, SIGN_INPUT_MESSAGE, { (const uint8_t *)"\0all of it\0", 11 }, { NULL, 0 } } },
    { .id = 8, .operation = OPERATION_SIGN, .sign = { "ca", 4, 0, SIGN_INPUT_MESSAGE, { NULL, 0 }, { NULL, 0 } } },
    { .id = 9, .operation = OPERATION_SIGN, .sign = { "", 0, 0, SIGN_INPUT_NONE, { NULL, 0 }, { NULL, 0 } } },
    { .id = 10, .operation = OPERATION_SET_CERTIFICATE, .set_certificate = { "ca", { (const uint8_t *)"PEM", 3 } } },
    { .id = 11, .operation = OPERATION_DESTROY_KEY, .destroy_key = { "ca" } },
    { .id = 12, .operation = OPERATION_SEAL },
    { .id = 13, .operation = OPERATION_STATS },
    { .id = 14, .operation = OPERATION_NONE },
};

static bool is_same_sign(const struct request *a, const struct request *b)
{
    return is_same_text(a->sign.id, b->sign.id) && a->sign.scheme == b->sign.scheme && a->sign.hash == b->sign.hash
        && a->sign.kind == b->sign.kind && is_same_slice(a->sign.input, b->sign.input);
}

static bool is_same_request(const struct request *a, const struct request *b)
{
    if (a->id != b->id || a->deadline_ms != b->deadline_ms || a->operation != b->operation)
        return false;
    switch (a->operation) {
    case OPERATION_LIST_KEYS:
        return is_same_text(a->list_keys.after, b->list_keys.after) && a->list_keys.limit == b->list_keys.limit;
    case OPERATION_GET_KEY: return is_same_text(a->get_key.id, b->get_key.id);
    case OPERATION_DESTROY_KEY: return is_same_text(a->destroy_key.id, b->destroy_key.id);
    case OPERATION_GENERATE_KEY:
        return is_same_text(a->generate_key.id, b->generate_key.id)
            && is_same_text(a->generate_key.algorithm, b->generate_key.algorithm)
            && is_same_policy(&a->generate_key.policy, &b->generate_key.policy);
    case OPERATION_SIGN: return is_same_sign(a, b);
    case OPERATION_SET_CERTIFICATE:
        return is_same_text(a->set_certificate.id, b->set_certificate.id)
            && is_same_slice(a->set_certificate.certificate, b->set_certificate.certificate);
    default: return true;
    }
}

static void test_a_request_of_every_kind_survives_encoding_and_decoding(void)
{
    uint8_t frame[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        size_t payload, size = request_encode(&samples[i], frame, sizeof frame);
        CU_ASSERT(size > 0 && request_encode(&samples[i], NULL, 0) == size);
        CU_ASSERT(frame_look(frame, size, REQUEST_MAX, &payload) == FRAME_WHOLE && payload == size - 4);
        CU_ASSERT(decode(frame + 4, size - 4) == DECODE_OK);
        CU_ASSERT(is_same_request(&request, &samples[i]));
    }
}

static void test_a_request_that_does_not_fit_is_not_written(void)
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

static void test_the_examples_of_the_document_are_written_and_read_byte_for_byte(void)
{
    uint8_t wanted[WIRE_MAX], found[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(documented); i++) {
        size_t size = unit_hex(documented[i].hex, wanted, sizeof wanted);
        CU_ASSERT(request_encode(&documented[i].request, found, sizeof found) == size);
        CU_ASSERT(memcmp(found, wanted, size) == 0);
        CU_ASSERT(decode(wanted + 4, size - 4) == DECODE_OK && is_same_request(&request, &documented[i].request));
    }
}

static void test_a_sign_request_of_the_greatest_length_survives(void)
{
    static uint8_t message[SIGN_REQUEST_MAX], frame[SIGN_REQUEST_MAX + 4];
    struct request sample = { .id = 1,
                              .operation = OPERATION_SIGN,
                              .sign = {
                                  "ca", 4, 0, SIGN_INPUT_MESSAGE, { message, sizeof message - 32 }, { NULL, 0 } } };
    memset(message, 0xab, sizeof message);
    size_t size = request_encode(&sample, frame, sizeof frame);
    CU_ASSERT(size > SIGN_REQUEST_MAX - 64 && decode(frame + 4, size - 4) == DECODE_OK);
    CU_ASSERT(is_same_request(&request, &sample));
}

/* -- unknown fields -- */

static void test_an_unknown_field_of_the_request_is_named_and_the_id_kept(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct wire_bytes nothing = { .length = 0 }, wire = request_with(10, &nothing);
        put_unknown(&wire, kind);
        CU_ASSERT(decode(wire.bytes, wire.length) == DECODE_UNKNOWN_FIELD && request.id == 7);
    }
}

static void test_an_unknown_field_of_each_operation_is_named_and_the_id_kept(void)
{
    static const unsigned operations[] = { 10, 11, 12, 13, 14, 15, 16, 17, 19, 21 };
    for (size_t i = 0; i < UNIT_COUNT(operations); i++)
        for (unsigned kind = 0; kind < 4; kind++) {
            struct wire_bytes operation = { .length = 0 };
            CU_ASSERT(decode_with(operations[i], &operation) == DECODE_OK);
            put_unknown(&operation, kind);
            CU_ASSERT(decode_with(operations[i], &operation) == DECODE_UNKNOWN_FIELD && request.id == 7);
        }
}

static void test_an_unknown_field_of_a_policy_is_named_and_the_id_kept(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct wire_bytes policy = { .length = 0 };
        put_bytes(&policy, 1, "\3", 1);
        CU_ASSERT(decode_policy(&policy) == DECODE_OK);
        put_unknown(&policy, kind);
        CU_ASSERT(decode_policy(&policy) == DECODE_UNKNOWN_FIELD && request.id == 7);
    }
}

static void test_a_reserved_field_number_is_an_unknown_field(void)
{
    for (unsigned field = 6; field <= 15; field++) {
        if (field == 7) /* public_key_sha256 */
            continue;
        struct wire_bytes sign = { .length = 0 };
        put_text(&sign, 1, "ca");
        put_text(&sign, field, "x");
        CU_ASSERT(decode_with(15, &sign) == DECODE_UNKNOWN_FIELD && request.id == 7);
    }
    struct wire_bytes nothing = { .length = 0 };
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

static void test_another_encoding_of_a_value_is_not_canonical(void)
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

static void test_another_encoding_of_a_list_is_not_canonical(void)
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

static void test_a_policy_list_over_its_bound_is_too_long(void)
{
    for (unsigned field = 1; field <= 2; field++)
        for (size_t count = 1; count < 40; count++) {
            struct wire_bytes policy = { .length = 0 };
            put_bytes(&policy, field, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
                      count);
            enum decode_result result = decode_policy(&policy);
            CU_ASSERT(result == (count <= POLICY_LIST_MAX ? DECODE_OK : DECODE_LIST_TOO_LONG));
            CU_ASSERT(request.id == 7);
        }
}

static void test_a_field_of_the_wrong_kind_is_garbage(void)
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

static void test_a_request_cut_anywhere_is_never_taken_for_the_whole(void)
{
    uint8_t frame[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        size_t size = request_encode(&samples[i], frame, sizeof frame) - 4;
        for (size_t length = 0; length < size; length++)
            if (decode(frame + 4, length) == DECODE_OK)
                CU_ASSERT(is_its_own_encoding(frame + 4, length) && !is_same_request(&request, &samples[i]));
    }
}

static void test_a_request_with_any_byte_changed_is_never_taken_for_the_first(void)
{
    uint8_t frame[WIRE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
        size_t size = request_encode(&samples[i], frame, sizeof frame) - 4;
        for (size_t at = 0; at < size; at++)
            for (unsigned change = 1; change < 256; change++) {
                frame[4 + at] ^= (uint8_t)change;
                if (decode(frame + 4, size) == DECODE_OK)
                    CU_ASSERT(is_its_own_encoding(frame + 4, size) && !is_same_request(&request, &samples[i]));
                frame[4 + at] ^= (uint8_t)change;
            }
    }
}

static void test_random_bytes_that_are_accepted_are_their_own_encoding(void)
{
    uint64_t state = 42;
    uint8_t bytes[64];
    for (int i = 0; i < 100000; i++) {
        size_t length = unit_random(&state) % sizeof bytes;
        for (size_t j = 0; j < length; j++)
            bytes[j] = (uint8_t)unit_random(&state);
        if (decode(bytes, length) == DECODE_OK)
            CU_ASSERT(is_its_own_encoding(bytes, length));
    }
}

/* -- memory -- */

static void test_a_request_that_does_not_fit_into_the_scratch_is_garbage_and_nothing_else(void)
{
    uint8_t frame[WIRE_MAX];
    size_t length = request_encode(&samples[5], frame, sizeof frame) - 4;
    enum decode_result result = DECODE_GARBAGE, before = DECODE_GARBAGE;
    size_t other = 0;
    for (size_t size = 0; size < 4096; size++, before = result) {
        struct scratch small = { memory, size, 0 };
        result = request_decode((struct slice){ frame + 4, length }, &small, &request);
        CU_ASSERT(small.used <= size);
        CU_ASSERT(result != DECODE_OK || is_same_request(&request, &samples[5]));
        CU_ASSERT(before != DECODE_OK || result == DECODE_OK);
        other += result != DECODE_OK && result != DECODE_GARBAGE;
    }
    CU_ASSERT(result == DECODE_OK);
    CU_ASSERT_EQUAL(other, 0); /* a request is not blamed for our want of memory */
}

static void test_a_reset_after_a_request_wipes_what_it_said(void)
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

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_request_of_every_kind_survives_encoding_and_decoding),
        UNIT_TEST(test_a_request_that_does_not_fit_is_not_written),
        UNIT_TEST(test_the_examples_of_the_document_are_written_and_read_byte_for_byte),
        UNIT_TEST(test_a_sign_request_of_the_greatest_length_survives),
        UNIT_TEST(test_an_unknown_field_of_the_request_is_named_and_the_id_kept),
        UNIT_TEST(test_an_unknown_field_of_each_operation_is_named_and_the_id_kept),
        UNIT_TEST(test_an_unknown_field_of_a_policy_is_named_and_the_id_kept),
        UNIT_TEST(test_a_reserved_field_number_is_an_unknown_field),
        UNIT_TEST(test_another_encoding_of_a_value_is_not_canonical),
        UNIT_TEST(test_another_encoding_of_a_list_is_not_canonical),
        UNIT_TEST(test_a_policy_list_over_its_bound_is_too_long),
        UNIT_TEST(test_a_field_of_the_wrong_kind_is_garbage),
        UNIT_TEST(test_a_request_cut_anywhere_is_never_taken_for_the_whole),
        UNIT_TEST(test_a_request_with_any_byte_changed_is_never_taken_for_the_first),
        UNIT_TEST(test_random_bytes_that_are_accepted_are_their_own_encoding),
        UNIT_TEST(test_a_request_that_does_not_fit_into_the_scratch_is_garbage_and_nothing_else),
        UNIT_TEST(test_a_reset_after_a_request_wipes_what_it_said),
    };
    return UNIT_RUN("request", tests);
}
