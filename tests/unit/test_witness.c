#include "signer/witness.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "signer/filter.h"
#include "tests/unit/unit.h"

static int lines[2];

static void speak(void)
{
    dup2(lines[1], STDERR_FILENO);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    bool good = filter_install(ROOM_VAULT, SANDBOX_LOG) == ONLY_LOGGED;
    good = good && syscall(SYS_getuid) == (long)getuid() && syscall(SYS_getuid) == (long)getuid();
    good = good && syscall(1000) == -1; /* no call of this kernel */
    syscall(SYS_exit_group, good ? 42 : 1);
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        found++;
    return found;
}

/* The end of the pipe is the end of the witness, too: it holds the room's descriptors. */
static size_t read_all(char *out, size_t capacity)
{
    size_t length = 0;
    ssize_t n;
    while (length < capacity - 1 && (n = read(lines[0], out + length, capacity - 1 - length)) > 0)
        length += (size_t)n;
    out[length] = '\0';
    return length;
}

static void test_calls_are_named_once_and_happen(void)
{
    char said[4096];
    UNIT_NEED(pipe(lines) == 0);
    CU_ASSERT(unit_exit_of(speak) == 42);
    close(lines[1]);
    CU_ASSERT(read_all(said, sizeof said) > 0);
    CU_ASSERT(count(said, "sandbox: vault: would not be allowed to call getuid (") == 1);
    CU_ASSERT(count(said, "an unknown call (1000)") == 1);
    CU_ASSERT(count(said, "exit_group") == 0 && count(said, "write (") == 0);
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_calls_are_named_once_and_happen) };
    return UNIT_RUN("witness", tests);
}
