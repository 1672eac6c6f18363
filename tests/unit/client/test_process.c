/* SPDX-License-Identifier: Apache-2.0 */
#include "client/process.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void test_a_process_is_itself(void)
{
    for (int i = 0; i < 3; i++)
        CU_ASSERT(process_id() == getpid());
}

/* Runs in a new process and in that one's child: each is itself, although its parent has asked before. */
static int be_a_child(int depth)
{
    int status = 0;
    if (process_id() != getpid() || process_id() != getpid())
        return 1;
    if (depth == 0)
        return 0;
    pid_t child = fork();
    if (child == 0)
        _exit(be_a_child(depth - 1));
    return child < 0 || waitpid(child, &status, 0) != child || status != 0 || process_id() != getpid();
}

static void test_a_fork_is_another_process(void)
{
    CU_ASSERT(be_a_child(2) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_process_is_itself),
        UNIT_TEST(test_a_fork_is_another_process),
    };
    return UNIT_RUN("process", tests);
}
