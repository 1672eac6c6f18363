/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/run_state.h"

#include "keystore/files/records.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

#define PLAN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NAME "ceremony-state.txt"

static struct directory directory;

static bool prepare(void)
{
    return secret_start() && unit_make_directory()
        && directory_create(unit_path("ks"), geteuid(), getegid(), &directory) == FAULT_NONE;
}

static enum fault parse_text(const char *text, size_t length, struct run_state *out)
{
    CU_ASSERT(records_replace(&directory, NAME, (const uint8_t *)text, length) == FAULT_NONE);
    return run_state_read(&directory, out);
}

static void test_a_state_that_is_not_there_is_no_fault(void)
{
    struct run_state state = { .step = RUN_VOID };
    CU_ASSERT(run_state_read(&directory, &state) == FAULT_NONE && state.step == RUN_NONE);
}

static void test_a_state_of_every_step_is_read_as_it_was_written(void)
{
    for (unsigned step = RUN_PENDING; step <= RUN_VOID; step++) {
        const struct run_state made = {
            .step = (enum run_step)step, .plan = PLAN, .delivered = step & 1, .set = (uint16_t)(0xf0ff + step)
        };
        struct run_state found;
        UNIT_NEED(run_state_write(&directory, &made) == FAULT_NONE);
        CU_ASSERT(run_state_read(&directory, &found) == FAULT_NONE && found.step == made.step
                  && found.delivered == made.delivered && found.set == made.set && strcmp(found.plan, PLAN) == 0);
    }
}

static void test_a_known_state_is_written_byte_for_byte(void)
{
    static const char text[] = "signer ceremony state 1\nplan " PLAN "\nstep VERIFIED\ndelivered yes\nset 0012\n";
    const struct run_state made = { .step = RUN_VERIFIED, .plan = PLAN, .delivered = true, .set = 0x12 };
    UNIT_NEED(run_state_write(&directory, &made) == FAULT_NONE);
    CU_ASSERT(unit_holds(unit_path("ks/records/" NAME), text, strlen(text)));
}

static void test_a_state_of_another_form_is_refused(void)
{
    static const char *const texts[] = {
        "",
        "\n",
        "signer ceremony state 1\n",
        "signer ceremony state 2\nplan " PLAN "\nstep VOID\ndelivered no\nset 0000\n",
        "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered no\nset 0000",
        "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered no\nset 0000\n\n",
        "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered no\nset 0\n",
        "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered no\nset 00AB\n",
        "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered no\nset 12345\n",
        "signer ceremony state 1\nplan " PLAN "\nstep NONE\ndelivered no\nset 0000\n",
        "signer ceremony state 1\nplan " PLAN "\nstep void\ndelivered no\nset 0000\n",
        "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered maybe\nset 0000\n",
        "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered n\nset 0000\n",
        "signer ceremony state 1\nplan  " PLAN "\nstep VOID\ndelivered no\nset 0000\n",
        "signer ceremony state 1\nplan " PLAN "0\nstep VOID\ndelivered no\nset 0000\n",
        "signer ceremony state 1\nstep VOID\nplan " PLAN "\ndelivered no\nset 0000\n",
    };
    struct run_state state;
    for (size_t i = 0; i < UNIT_COUNT(texts); i++)
        CU_ASSERT(parse_text(texts[i], strlen(texts[i]), &state) == FAULT_RECORD_CORRUPT);
    static const char zero[] = "signer ceremony state 1\nplan " PLAN "\nstep VOID\ndelivered no\nset 0000\n\0x";
    CU_ASSERT(parse_text(zero, sizeof zero - 1, &state) == FAULT_RECORD_CORRUPT);
    static char large[4096];
    memset(large, 'a', sizeof large);
    CU_ASSERT(parse_text(large, sizeof large, &state) != FAULT_NONE);
}

static void test_every_step_has_its_name(void)
{
    CU_ASSERT_STRING_EQUAL(run_state_step_name(RUN_NONE), "NONE");
    CU_ASSERT_STRING_EQUAL(run_state_step_name(RUN_COMMITTED), "COMMITTED");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_state_that_is_not_there_is_no_fault),
        UNIT_TEST(test_a_state_of_every_step_is_read_as_it_was_written),
        UNIT_TEST(test_a_known_state_is_written_byte_for_byte),
        UNIT_TEST(test_a_state_of_another_form_is_refused),
        UNIT_TEST(test_every_step_has_its_name),
    };
    int code = prepare() ? UNIT_RUN("run_state", tests) : 1;
    directory_close(&directory);
    unit_remove_directory();
    return code;
}
