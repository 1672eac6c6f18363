/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/signals.h"

#include <sys/signalfd.h>

#include "tests/unit/unit.h"

static void catch_signals(void)
{
    struct signalfd_siginfo info;
    int fd = signals_catch();
    signals_ignore_nuisances();
    CU_ASSERT(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CU_ASSERT(read(fd, &info, sizeof info) == -1);
    raise(SIGPIPE);
    raise(SIGXFSZ);
    raise(SIGHUP);
    CU_ASSERT(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGHUP);
    raise(SIGTERM);
    CU_ASSERT(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGTERM);
    raise(SIGINT);
    CU_ASSERT(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGINT);
}

static void test_a_caught_signal_is_read_and_a_nuisance_is_ignored(void)
{
    unit_child(catch_signals);
}

static void ignore_signals(void)
{
    signals_ignore();
    raise(SIGTERM);
    raise(SIGINT);
}

static void test_a_worker_ignores_the_signals_that_end_its_gate(void)
{
    unit_child(ignore_signals);
}

static void end_by_term(void)
{
    signals_ignore_nuisances();
    raise(SIGTERM);
}

static void test_a_signal_that_nobody_catches_still_ends_the_process(void)
{
    CU_ASSERT(unit_signal_of(end_by_term) == SIGTERM);
}

/* From SIGTERM to the gate's first look: nothing is lost. */
static void keep_what_comes_early(void)
{
    struct signalfd_siginfo info;
    int fd = signals_catch();
    raise(SIGTERM);
    raise(SIGTERM);
    CU_ASSERT(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGTERM);
    CU_ASSERT(read(fd, &info, sizeof info) == -1);
}

static void test_signals_that_come_before_they_are_read_are_kept_as_one(void)
{
    unit_child(keep_what_comes_early);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_caught_signal_is_read_and_a_nuisance_is_ignored),
        UNIT_TEST(test_a_worker_ignores_the_signals_that_end_its_gate),
        UNIT_TEST(test_a_signal_that_nobody_catches_still_ends_the_process),
        UNIT_TEST(test_signals_that_come_before_they_are_read_are_kept_as_one),
    };
    return UNIT_RUN("signals", tests);
}
