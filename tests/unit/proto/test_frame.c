/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/frame.h"

#include "proto/limits.h"
#include "tests/unit/unit.h"

static void test_the_prefix_is_big_endian(void)
{
    uint8_t prefix[4];
    size_t payload;
    frame_prefix(prefix, 0x01020304);
    CU_ASSERT(memcmp(prefix, "\1\2\3\4", 4) == 0);
    CU_ASSERT(frame_look(prefix, 4, SIZE_MAX, &payload) == FRAME_NEED_MORE && payload == 0x01020304);
    frame_prefix(prefix, UINT32_MAX);
    CU_ASSERT(frame_look(prefix, 4, SIZE_MAX, &payload) == FRAME_NEED_MORE && payload == UINT32_MAX);
}

static void test_a_frame_that_comes_piece_by_piece_is_whole_at_its_last_byte(void)
{
    static const uint8_t frame[] = { 0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 0 };
    for (size_t length = 0; length <= sizeof frame; length++) {
        size_t payload = 99;
        enum frame_result result = frame_look(frame, length, 3, &payload);
        CU_ASSERT(result == (length < 7 ? FRAME_NEED_MORE : FRAME_WHOLE));
        CU_ASSERT(payload == (length < 4 ? 0 : 3));
    }
}

static void test_a_length_over_the_bound_is_refused_before_the_body_comes(void)
{
    static const uint8_t four[] = { 0, 0, 0, 4 };
    size_t payload;
    CU_ASSERT(frame_look(four, 4, 4, &payload) == FRAME_NEED_MORE);
    CU_ASSERT(frame_look(four, 4, 3, &payload) == FRAME_BROKEN && payload == 4);
    CU_ASSERT(frame_look((const uint8_t *)"\377\377\377\377", 4, SIGN_REQUEST_MAX, &payload) == FRAME_BROKEN);
    CU_ASSERT(frame_look((const uint8_t *)"\0\0\0\0", 4, SIGN_REQUEST_MAX, &payload) == FRAME_BROKEN);
}

static uint64_t id_of(const char *bytes, size_t length)
{
    return frame_id((const uint8_t *)bytes, length);
}

static void test_the_id_of_a_response_is_read_without_decoding(void)
{
    CU_ASSERT(id_of("\x08\x01", 2) == 1);
    CU_ASSERT(id_of("\x08\xac\x02\x10\x03", 5) == 300);
    CU_ASSERT(id_of("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11) == UINT64_MAX);
}

static void test_what_has_no_id_is_read_as_zero(void)
{
    CU_ASSERT(id_of("", 0) == 0);
    CU_ASSERT(id_of("\x10\x03", 2) == 0);     /* the second field first */
    CU_ASSERT(id_of("\x0a\x01\x01", 3) == 0); /* the first, and bytes in it */
    CU_ASSERT(id_of("\x08", 1) == 0);
    CU_ASSERT(id_of("\x08\x80", 2) == 0); /* it ends in the middle */
    CU_ASSERT(id_of("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_prefix_is_big_endian),
        UNIT_TEST(test_a_frame_that_comes_piece_by_piece_is_whole_at_its_last_byte),
        UNIT_TEST(test_a_length_over_the_bound_is_refused_before_the_body_comes),
        UNIT_TEST(test_the_id_of_a_response_is_read_without_decoding),
        UNIT_TEST(test_what_has_no_id_is_read_as_zero),
    };
    return UNIT_RUN("frame", tests);
}
