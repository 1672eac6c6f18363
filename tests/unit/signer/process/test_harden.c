/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/harden.h"

#include <sys/prctl.h>

#include "tests/unit/unit.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void check_what_is_given_up(void)
{
    struct rlimit core, files;
    harden_process(NULL, 0);
    CU_ASSERT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
    CU_ASSERT(prctl(PR_GET_DUMPABLE) == 0);
    CU_ASSERT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CU_ASSERT(getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == files.rlim_max);
    CU_ASSERT(umask(0) == 077);
}

static void test_a_hardened_process_has_given_up_dumps_and_privileges(void)
{
    unit_child(check_what_is_given_up);
}

static void check_strays(void)
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

static void test_stray_descriptors_are_closed_and_the_kept_ones_stay(void)
{
    unit_child(check_strays);
}

static bool is_null(int fd)
{
    struct stat found, wanted;
    return fstat(fd, &found) == 0 && stat("/dev/null", &wanted) == 0 && found.st_rdev == wanted.st_rdev
        && S_ISCHR(found.st_mode);
}

static void check_standard_descriptors(void)
{
    int ends[2];
    UNIT_NEED(pipe(ends) == 0 && dup2(ends[0], 0) == 0);
    close(2);
    harden_process(NULL, 0);
    bool null = is_null(0) && is_null(2);
    dup2(1, 2);
    CU_ASSERT(null);
}

static void test_a_standard_descriptor_that_is_missing_becomes_null(void)
{
    unit_child(check_standard_descriptors);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_hardened_process_has_given_up_dumps_and_privileges),
        UNIT_TEST(test_stray_descriptors_are_closed_and_the_kept_ones_stay),
        UNIT_TEST(test_a_standard_descriptor_that_is_missing_becomes_null),
    };
    return UNIT_RUN("harden", tests);
}
