#include "signer/process/harden.h"
#include "signer/process/signals.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>

#include "tests/unit/unit.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void what_is_given_up(void)
{
    struct rlimit core, files;
    harden_process(NULL, 0);
    CU_ASSERT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
    CU_ASSERT(prctl(PR_GET_DUMPABLE) == 0);
    CU_ASSERT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CU_ASSERT(getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == files.rlim_max);
    CU_ASSERT(umask(0) == 077);
}

static void test_what_is_given_up(void)
{
    unit_child(what_is_given_up);
}

static void strays(void)
{
    static const int all[] = { 10, 11, 12, 40, 41, 200 };
    int null = open("/dev/null", O_RDWR);
    for (size_t i = 0; i < UNIT_COUNT(all); i++)
        UNIT_NEED(dup2(null, all[i]) == all[i]);
    harden_process((const int[]){ 40, 11, -1 }, 3);
    CU_ASSERT(is_open(0) && is_open(1) && is_open(2) && is_open(11) && is_open(40));
    for (int fd = 3; fd < 256; fd++)
        CU_ASSERT(is_open(fd) == (fd == 11 || fd == 40));
}

static void test_strays_are_closed_and_the_kept_stay(void)
{
    unit_child(strays);
}

static bool is_null(int fd)
{
    struct stat found, wanted;
    return fstat(fd, &found) == 0 && stat("/dev/null", &wanted) == 0 && found.st_rdev == wanted.st_rdev
        && S_ISCHR(found.st_mode);
}

static void standard_descriptors(void)
{
    int ends[2];
    UNIT_NEED(pipe(ends) == 0 && dup2(ends[0], 0) == 0);
    close(2);
    harden_process(NULL, 0);
    bool null = is_null(0) && is_null(2);
    dup2(1, 2);
    CU_ASSERT(null);
}

static void test_standard_descriptors_are_there(void)
{
    unit_child(standard_descriptors);
}

static void signals(void)
{
    struct signalfd_siginfo info;
    int fd = signals_catch();
    signals_ignore_nuisances();
    CU_ASSERT(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CU_ASSERT(read(fd, &info, sizeof info) == -1);
    raise(SIGPIPE);
    raise(SIGHUP);
    raise(SIGXFSZ);
    raise(SIGTERM);
    CU_ASSERT(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGTERM);
    raise(SIGINT);
    CU_ASSERT(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGINT);
}

static void test_signals_are_read(void)
{
    unit_child(signals);
}

static void workers_ignore(void)
{
    signals_ignore();
    raise(SIGTERM);
    raise(SIGINT);
}

static void test_rooms_ignore_signals(void)
{
    unit_child(workers_ignore);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_is_given_up),
        UNIT_TEST(test_strays_are_closed_and_the_kept_stay),
        UNIT_TEST(test_standard_descriptors_are_there),
        UNIT_TEST(test_signals_are_read),
        UNIT_TEST(test_rooms_ignore_signals),
    };
    return UNIT_RUN("harden", tests);
}
