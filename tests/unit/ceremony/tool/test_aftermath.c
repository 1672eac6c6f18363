/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/aftermath.h"

#include "tests/unit/said.h"

static const char *print_after(bool stopped)
{
    said_begin();
    aftermath_print(stopped);
    (void)said_end(true);
    return said;
}

static const char *print(void)
{
    return print_after(false);
}

/* The first test: what a verb has said itself it has said for good. */
static void test_whoever_stopped_is_told_what_was_written_or_that_nothing_was(void)
{
    CU_ASSERT(strcmp(print(), "") == 0);
    CU_ASSERT(strcmp(print_after(true), "signer-ceremony: nothing was written\n") == 0);
    aftermath_note("x");
    CU_ASSERT(strcmp(print_after(true), "signer-ceremony: left: x\n") == 0);
    aftermath_clear();
    CU_ASSERT(strcmp(print_after(true), "") == 0);
}

static void test_what_was_noted_is_printed_in_its_order_and_once(void)
{
    aftermath_clear();
    aftermath_note("%s: the KEK", "/x");
    aftermath_note("entry %u", 2u);
    aftermath_note("%s: the KEK", "/x");
    CU_ASSERT(strcmp(print(), "signer-ceremony: left: /x: the KEK\nsigner-ceremony: left: entry 2\n") == 0);
}

static void test_nothing_is_printed_after_nothing_or_a_clearing(void)
{
    aftermath_note("x");
    aftermath_clear();
    CU_ASSERT(strcmp(print(), "") == 0);
}

static void test_more_notes_than_there_is_room_for_do_no_harm(void)
{
    aftermath_clear();
    for (unsigned i = 0; i < 1000; i++)
        aftermath_note("note %u", i);
    CU_ASSERT(strstr(print(), "left: note 0\n") && strstr(said, "left: note 63\n"));
    aftermath_clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_whoever_stopped_is_told_what_was_written_or_that_nothing_was),
        UNIT_TEST(test_what_was_noted_is_printed_in_its_order_and_once),
        UNIT_TEST(test_nothing_is_printed_after_nothing_or_a_clearing),
        UNIT_TEST(test_more_notes_than_there_is_room_for_do_no_harm),
    };
    return UNIT_RUN("aftermath", tests);
}
