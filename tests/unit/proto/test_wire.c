/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/wire.h"

#include "tests/unit/proto/wire_bytes.h"

static uint8_t memory[SCRATCH_SIZE(WIRE_MAX)] __attribute__((aligned(16)));
static struct scratch scratch = { memory, sizeof memory, 0 };

static Signer__V1__Request *unpack(const struct wire_bytes *wire)
{
    scratch_reset(&scratch);
    return (Signer__V1__Request *)(void *)wire_unpack(&signer__v1__request__descriptor,
                                                      (struct slice){ wire->bytes, wire->length }, &scratch);
}

/* Request 7: a GenerateKey with a policy, which has this after its own fields. */
static struct wire_bytes generate_with(const struct wire_bytes *further)
{
    struct wire_bytes policy = { .length = 0 }, generate = { .length = 0 };
    put_bytes(&policy, 1, "\3", 1);
    memcpy(policy.bytes + policy.length, further->bytes, further->length);
    policy.length += further->length;
    put_text(&generate, 1, "ca");
    put_message(&generate, 3, &policy);
    return request_with(14, &generate);
}

static void test_a_message_is_unpacked_into_the_scratch_alone(void)
{
    struct wire_bytes nothing = { .length = 0 }, wire = generate_with(&nothing);
    const Signer__V1__Request *request = unpack(&wire);
    UNIT_NEED(request != NULL);
    CU_ASSERT((const uint8_t *)request >= memory && (const uint8_t *)request < memory + scratch.used);
    CU_ASSERT(request->id == 7 && strcmp(request->generate_key->id, "ca") == 0);
}

static void test_a_message_that_is_none_or_does_not_fit_is_not_unpacked(void)
{
    struct wire_bytes nothing = { .length = 0 }, wire = generate_with(&nothing), garbage = nothing;
    put_text(&garbage, 1, "an id is a number");
    CU_ASSERT(unpack(&garbage) == NULL);
    scratch_reset(&scratch);
    scratch.size = 64;
    CU_ASSERT(unpack(&wire) == NULL);
    scratch.size = sizeof memory;
    CU_ASSERT(unpack(&wire) != NULL);
}

static void test_a_frame_has_its_length_before_it_and_fits_or_is_not_written(void)
{
    Signer__V1__Response response = SIGNER__V1__RESPONSE__INIT;
    uint8_t frame[16];
    response.id = 5;
    size_t size = wire_pack_frame(&response.base, NULL, 0);
    CU_ASSERT(size == 6);
    for (size_t capacity = 0; capacity < size; capacity++)
        CU_ASSERT(wire_pack_frame(&response.base, frame, capacity) == 0);
    CU_ASSERT(wire_pack_frame(&response.base, frame, size) == size && memcmp(frame, "\0\0\0\2\10\5", size) == 0);
}

static void test_an_unknown_field_is_found_at_every_depth(void)
{
    struct wire_bytes nothing = { .length = 0 }, unknown = nothing, inner = generate_with(&nothing);
    CU_ASSERT(unpack(&inner) && !wire_has_unknown_field(&unpack(&inner)->base));
    put_unknown(&unknown, 0);
    inner = generate_with(&unknown);
    CU_ASSERT(unpack(&inner) && wire_has_unknown_field(&unpack(&inner)->base));
    struct wire_bytes middle = request_with(11, &unknown), outer = request_with(11, &nothing);
    CU_ASSERT(unpack(&middle) && wire_has_unknown_field(&unpack(&middle)->base));
    CU_ASSERT(unpack(&outer) && !wire_has_unknown_field(&unpack(&outer)->base));
    put_unknown(&outer, 1);
    CU_ASSERT(unpack(&outer) && wire_has_unknown_field(&unpack(&outer)->base));
}

static void test_a_policy_is_the_same_after_writing_and_reading(void)
{
    const struct policy_lists lists = { 2, 3, { 3, 1 }, { 1, 2, 3 } };
    struct policy_lists again = { 0 };
    struct wire_policy wire;
    const Signer__V1__Policy *written = wire_write_policy(&lists, &wire);
    UNIT_NEED(written != NULL);
    CU_ASSERT(wire_read_policy(written, &again) && is_same_policy(&lists, &again));
}

static void test_a_policy_that_says_nothing_is_not_sent_and_one_that_is_missing_is_empty(void)
{
    const struct policy_lists none = { 0 };
    struct policy_lists again = { 0 };
    struct wire_policy wire;
    CU_ASSERT(wire_write_policy(&none, &wire) == NULL);
    CU_ASSERT(wire_read_policy(NULL, &again) && is_same_policy(&none, &again));
}

static void test_a_policy_with_a_list_over_its_bound_is_refused(void)
{
    Signer__V1__Scheme schemes[POLICY_LIST_MAX + 1] = { 0 };
    Signer__V1__Hash hashes[POLICY_LIST_MAX + 1] = { 0 };
    Signer__V1__Policy policy = SIGNER__V1__POLICY__INIT;
    struct policy_lists lists;
    policy.schemes = schemes;
    policy.hashes = hashes;
    policy.n_schemes = policy.n_hashes = POLICY_LIST_MAX;
    CU_ASSERT(wire_read_policy(&policy, &lists) && lists.scheme_count == POLICY_LIST_MAX);
    policy.n_schemes++;
    CU_ASSERT(!wire_read_policy(&policy, &lists));
    policy.n_schemes--;
    policy.n_hashes++;
    CU_ASSERT(!wire_read_policy(&policy, &lists));
}

static void test_text_that_is_missing_is_empty_and_bytes_keep_their_place(void)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    const struct slice slice = { bytes, sizeof bytes };
    ProtobufCBinaryData binary = wire_to_binary(slice);
    CU_ASSERT(binary.data == bytes && binary.len == sizeof bytes && is_same_slice(wire_to_slice(binary), slice));
    CU_ASSERT(strcmp(wire_to_string(NULL), "") == 0 && strcmp(wire_to_string("ca"), "ca") == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_message_is_unpacked_into_the_scratch_alone),
        UNIT_TEST(test_a_message_that_is_none_or_does_not_fit_is_not_unpacked),
        UNIT_TEST(test_a_frame_has_its_length_before_it_and_fits_or_is_not_written),
        UNIT_TEST(test_an_unknown_field_is_found_at_every_depth),
        UNIT_TEST(test_a_policy_is_the_same_after_writing_and_reading),
        UNIT_TEST(test_a_policy_that_says_nothing_is_not_sent_and_one_that_is_missing_is_empty),
        UNIT_TEST(test_a_policy_with_a_list_over_its_bound_is_refused),
        UNIT_TEST(test_text_that_is_missing_is_empty_and_bytes_keep_their_place),
    };
    return UNIT_RUN("wire", tests);
}
