/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sandbox/syscalls.h"

#include <seccomp.h>

#include "tests/unit/unit.h"

static void test_the_table_is_alphabetical_and_gives_reasons(void)
{
    for (size_t i = 0; i < syscall_count; i++) {
        const struct syscall_row *row = &syscall_table[i];
        CU_ASSERT(i == 0 || strcmp(syscall_table[i - 1].name, row->name) <= 0);
        CU_ASSERT(row->reason && *row->reason && row->rooms != 0);
        CU_ASSERT(row->condition_count <= SYSCALL_CONDITIONS);
        CU_ASSERT((row->condition_count > 0) == (row->only != NULL));
        CU_ASSERT(row->verdict == SYSCALL_ALLOW || row->condition_count == 0);
    }
}

/* libseccomp gives a negative number for a call that this machine lacks, another for a misspelt one. */
static void test_every_name_is_a_system_call(void)
{
    for (size_t i = 0; i < syscall_count; i++) {
        int number = seccomp_syscall_resolve_name(syscall_table[i].name);
        CU_ASSERT(number != __NR_SCMP_ERROR && number <= SYSCALL_NEWEST);
    }
}

/* A condition that its own mask contradicts could never hold. */
static void test_conditions_can_hold(void)
{
    for (size_t i = 0; i < syscall_count; i++)
        for (size_t c = 0; c < syscall_table[i].condition_count; c++) {
            const struct syscall_condition *condition = &syscall_table[i].conditions[c];
            bool own = condition->value == SYSCALL_OWN_PID;
            CU_ASSERT((own || (condition->value & ~condition->mask) == 0) && condition->mask != 0);
            CU_ASSERT(condition->argument < 6);
        }
}

static unsigned count_in(enum room room)
{
    unsigned count = 0;
    for (size_t i = 0; i < syscall_count; i++)
        count += syscall_table[i].verdict == SYSCALL_ALLOW && (syscall_table[i].rooms >> room & 1);
    return count;
}

/* read, write, getpid, getrandom, exit_group, rt_sigreturn, and three clocks. */
static void test_a_vault_may_make_nine_calls(void)
{
    CU_ASSERT(count_in(ROOM_VAULT) == 9);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_table_is_alphabetical_and_gives_reasons),
        UNIT_TEST(test_every_name_is_a_system_call),
        UNIT_TEST(test_conditions_can_hold),
        UNIT_TEST(test_a_vault_may_make_nine_calls),
    };
    return UNIT_RUN("syscalls", tests);
}
