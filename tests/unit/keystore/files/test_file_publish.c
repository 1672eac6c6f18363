/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "keystore/files/file.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t old[] = "what was there", new[] = "what comes after it";
static uint8_t large[64 * 1024];
static int dir;

static bool prepare(void)
{
    memset(large, 'x', sizeof large);
    if (!secret_start() || !unit_make_directory())
        return false;
    dir = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir >= 0;
}

static bool holds(const char *name, const uint8_t *bytes, size_t length)
{
    return unit_holds(unit_path(name), bytes, length);
}

static unsigned temporaries(int where)
{
    unsigned count = 0;
    int copy = openat(where, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fdopendir(copy);
    for (struct dirent *entry; list && (entry = readdir(list));)
        count += file_is_temporary(entry->d_name);
    closedir(list);
    return count;
}

/* -- publishing -- */

static void test_a_new_file_is_published_whole_and_for_its_owner_alone(void)
{
    mode_t saved = umask(0);
    CU_ASSERT(file_publish(dir, "new", new, sizeof new) == FAULT_NONE);
    CU_ASSERT(file_publish(dir, "large", large, sizeof large) == FAULT_NONE);
    CU_ASSERT(file_publish(dir, "nothing", new, 0) == FAULT_NONE);
    umask(saved);
    CU_ASSERT(holds("new", new, sizeof new) && holds("nothing", new, 0));
    CU_ASSERT(unit_mode(unit_path("new")) == 0600 && unit_mode(unit_path("large")) == 0600);
    struct stat status;
    CU_ASSERT(stat(unit_path("large"), &status) == 0 && status.st_size == sizeof large);
    CU_ASSERT(status.st_nlink == 1 && temporaries(dir) == 0);
}

static void test_a_file_for_another_user_is_theirs_when_it_appears(void)
{
    struct stat status;
    uid_t uid = geteuid() == 0 ? 65533 : geteuid();
    gid_t gid = geteuid() == 0 ? 65532 : getegid();
    CU_ASSERT(file_publish_as(dir, "theirs", new, sizeof new, uid, gid) == FAULT_NONE);
    CU_ASSERT(stat(unit_path("theirs"), &status) == 0 && status.st_uid == uid && status.st_gid == gid);
    CU_ASSERT(holds("theirs", new, sizeof new) && unit_mode(unit_path("theirs")) == 0600 && temporaries(dir) == 0);
    CU_ASSERT(file_publish_as(dir, "theirs", old, sizeof old, uid, gid) == FAULT_FILE_EXISTS);
}

static void test_a_file_that_cannot_be_given_away_does_not_appear(void)
{
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (chmod(unit_directory, 0777) != 0 || setresuid(65533, 65533, 65533) != 0))
            _exit(2);
        enum fault fault = file_publish_as(dir, "not-theirs", new, sizeof new, 1, 1);
        _exit(fault && !unit_exists(unit_path("not-theirs")) && temporaries(dir) == 0 ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    CU_ASSERT(chmod(unit_directory, 0700) == 0);
}

static void test_a_file_is_not_published_under_a_name_that_is_taken(void)
{
    struct file_identity before, after;
    CU_ASSERT(unit_write(unit_path("taken"), old, sizeof old, 0640));
    CU_ASSERT(file_identify(dir, "taken", &before) == FAULT_NONE);
    CU_ASSERT(file_publish(dir, "taken", new, sizeof new) == FAULT_FILE_EXISTS);
    CU_ASSERT(file_identify(dir, "taken", &after) == FAULT_NONE && file_identity_equal(&before, &after));
    CU_ASSERT(holds("taken", old, sizeof old) && unit_mode(unit_path("taken")) == 0640);
    CU_ASSERT(mkdir(unit_path("directory"), 0700) == 0 && mkfifo(unit_path("fifo"), 0600) == 0);
    CU_ASSERT(symlink("nowhere", unit_path("dangling")) == 0);
    CU_ASSERT(file_publish(dir, "directory", new, sizeof new) == FAULT_FILE_EXISTS);
    CU_ASSERT(file_publish(dir, "fifo", new, sizeof new) == FAULT_FILE_EXISTS);
    CU_ASSERT(file_publish(dir, "dangling", new, sizeof new) == FAULT_FILE_EXISTS);
    CU_ASSERT(!unit_exists(unit_path("nowhere")) && temporaries(dir) == 0);
}

static void test_a_replaced_file_has_the_new_content_and_a_closed_mode(void)
{
    CU_ASSERT(file_replace(dir, "replaced", old, sizeof old) == FAULT_NONE);
    mode_t saved = umask(0);
    CU_ASSERT(chmod(unit_path("replaced"), 0666) == 0);
    CU_ASSERT(file_replace(dir, "replaced", new, sizeof new) == FAULT_NONE);
    umask(saved);
    CU_ASSERT(holds("replaced", new, sizeof new) && unit_mode(unit_path("replaced")) == 0600);
    CU_ASSERT(temporaries(dir) == 0);
}

static void test_a_link_is_replaced_itself_and_a_directory_is_not(void)
{
    CU_ASSERT(unit_write(unit_path("target"), old, sizeof old, 0600));
    CU_ASSERT(symlink("target", unit_path("pointer")) == 0);
    CU_ASSERT(file_replace(dir, "pointer", new, sizeof new) == FAULT_NONE);
    CU_ASSERT(holds("target", old, sizeof old) && holds("pointer", new, sizeof new));
    CU_ASSERT(mkdir(unit_path("full"), 0700) == 0);
    CU_ASSERT(file_replace(dir, "full", new, sizeof new) == FAULT_STORE_IO);
    CU_ASSERT(unit_exists(unit_path("full")) && temporaries(dir) == 0);
}

static void test_a_file_in_no_directory_is_a_fault_and_leaves_nothing(void)
{
    CU_ASSERT(file_publish(-1, "x", new, sizeof new) == FAULT_STORE_IO);
    CU_ASSERT(file_publish(dir, "no/such", new, sizeof new) == FAULT_STORE_IO);
    CU_ASSERT(temporaries(dir) == 0);
}

/* Of many that publish one name at once, one does. */
static void test_of_many_who_publish_one_name_one_wins(void)
{
    enum { MANY = 16 };
    int won = 0, refused = 0;
    pid_t children[MANY];
    for (int i = 0; i < MANY; i++)
        if ((children[i] = fork()) == 0)
            _exit((int)file_publish(dir, "contested", new, sizeof new));
    for (int i = 0; i < MANY; i++) {
        int status = unit_wait(children[i]);
        won += WIFEXITED(status) && WEXITSTATUS(status) == FAULT_NONE;
        refused += WIFEXITED(status) && WEXITSTATUS(status) == FAULT_FILE_EXISTS;
    }
    CU_ASSERT(won == 1 && refused == MANY - 1);
    CU_ASSERT(holds("contested", new, sizeof new) && temporaries(dir) == 0);
}

/* -- disks that are full -- */

static void too_large_for_the_limit(void)
{
    struct rlimit limit = { 100, 100 };
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT(unit_write(unit_path("limited"), old, sizeof old, 0600));
    CU_ASSERT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CU_ASSERT(file_publish(dir, "over", large, 101) == FAULT_STORE_FULL);
    CU_ASSERT(file_replace(dir, "limited", large, sizeof large) == FAULT_STORE_FULL && errno == EFBIG);
    CU_ASSERT(!unit_exists(unit_path("over")) && holds("limited", old, sizeof old));
    CU_ASSERT(temporaries(dir) == 0);
    CU_ASSERT(file_publish(dir, "within", large, 100) == FAULT_NONE);
}

/* A sweep may find a temporary file that is made and not locked yet, and removes it. */
static void test_a_sweep_beside_it_costs_a_publisher_nothing(void)
{
    enum { MANY = 2000 };
    int refused = 0;
    pid_t sweeper = fork();
    if (sweeper == 0)
        for (;;)
            file_sweep(dir);
    for (int i = 0; i < MANY; i++)
        refused += file_replace(dir, "swept", new, sizeof new) != FAULT_NONE;
    kill(sweeper, SIGKILL);
    (void)unit_wait(sweeper);
    CU_ASSERT(refused == 0 && holds("swept", new, sizeof new) && temporaries(dir) == 0);
}

static void test_a_file_over_the_size_limit_of_the_process_is_a_fault(void)
{
    unit_child(too_large_for_the_limit);
}

static bool mount_small(const char *options)
{
    const char *path = unit_path("disk");
    mkdir(path, 0700);
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
        && mount("none", path, "tmpfs", 0, options) == 0;
}

static void expect_full(const char *options, size_t length)
{
    if (geteuid() != 0 || !mount_small(options))
        return; /* only root may mount */
    int disk = open(unit_path("disk"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CU_ASSERT(file_publish(disk, "kept", old, sizeof old) == FAULT_NONE);
    CU_ASSERT(file_publish(disk, "new", large, length) == FAULT_STORE_FULL && errno == ENOSPC);
    CU_ASSERT(file_replace(disk, "kept", large, length) == FAULT_STORE_FULL && errno == ENOSPC);
    CU_ASSERT(holds("disk/kept", old, sizeof old) && !unit_exists(unit_path("disk/new")));
    CU_ASSERT(temporaries(disk) == 0);
}

static void no_blocks(void)
{
    expect_full("size=16k", sizeof large);
}

static void no_inodes(void)
{
    expect_full("nr_inodes=2", 10);
}

static void test_a_full_disk_is_told_as_such_and_nothing_is_left(void)
{
    unit_child(no_blocks);
    unit_child(no_inodes);
}

static void read_only(void)
{
    if (geteuid() != 0 || !mount_small("size=64k"))
        return;
    int disk = open(unit_path("disk"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CU_ASSERT(mount("none", unit_path("disk"), NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
    CU_ASSERT(file_publish(disk, "new", new, sizeof new) == FAULT_STORE_READ_ONLY);
}

static void test_a_read_only_disk_is_a_fault(void)
{
    unit_child(read_only);
}

/* -- file systems and disks that refuse a call -- */

/* From here on the call fails with this number, in this process. */
static bool refuse(unsigned call, unsigned number)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { UNIT_COUNT(code), code };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void without_rename(unsigned number)
{
    struct stat status;
    UNIT_NEED(refuse(SYS_renameat2, number));
    CU_ASSERT(unit_write(unit_path("linked-old"), old, sizeof old, 0600));
    CU_ASSERT(file_publish(dir, "linked-old", new, sizeof new) == FAULT_FILE_EXISTS);
    CU_ASSERT(file_publish(dir, "linked", new, sizeof new) == FAULT_NONE);
    CU_ASSERT(holds("linked", new, sizeof new) && holds("linked-old", old, sizeof old));
    CU_ASSERT(stat(unit_path("linked"), &status) == 0 && status.st_nlink == 1);
    CU_ASSERT(temporaries(dir) == 0);
    unlink(unit_path("linked"));
}

static void rename_is_invalid(void)
{
    without_rename(EINVAL);
}

static void rename_is_unknown(void)
{
    without_rename(ENOSYS);
}

static void test_link_where_there_is_no_such_rename(void)
{
    unit_child(rename_is_invalid);
    unit_child(rename_is_unknown);
}

static void no_link_either(void)
{
    UNIT_NEED(refuse(SYS_renameat2, EINVAL) && refuse(SYS_linkat, EPERM));
    CU_ASSERT(file_publish(dir, "neither", new, sizeof new) == FAULT_STORE_UNSUPPORTED);
    CU_ASSERT(!unit_exists(unit_path("neither")) && temporaries(dir) == 0);
}

static void test_a_disk_without_rename_and_link_is_told_as_unsupported(void)
{
    unit_child(no_link_either);
}

/* The first sync is the file's: it fails before anything has the name. */
static void sync_fails(void)
{
    UNIT_NEED(refuse(SYS_fsync, EIO));
    CU_ASSERT(file_publish(dir, "unsynced", new, sizeof new) == FAULT_STORE_IO && errno == EIO);
    CU_ASSERT(!unit_exists(unit_path("unsynced")) && temporaries(dir) == 0);
    CU_ASSERT(unit_write(unit_path("removed"), old, sizeof old, 0600));
    CU_ASSERT(file_remove(dir, "removed") == FAULT_STORE_UNSYNCED);
    CU_ASSERT(file_sync(dir, "linked-old") == FAULT_STORE_UNSYNCED);
}

static void test_a_failed_sync_is_told_as_unsynced(void)
{
    unit_child(sync_fails);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_new_file_is_published_whole_and_for_its_owner_alone),
        UNIT_TEST(test_a_file_for_another_user_is_theirs_when_it_appears),
        UNIT_TEST(test_a_file_that_cannot_be_given_away_does_not_appear),
        UNIT_TEST(test_a_file_is_not_published_under_a_name_that_is_taken),
        UNIT_TEST(test_a_replaced_file_has_the_new_content_and_a_closed_mode),
        UNIT_TEST(test_a_link_is_replaced_itself_and_a_directory_is_not),
        UNIT_TEST(test_a_file_in_no_directory_is_a_fault_and_leaves_nothing),
        UNIT_TEST(test_of_many_who_publish_one_name_one_wins),
        UNIT_TEST(test_a_sweep_beside_it_costs_a_publisher_nothing),
        UNIT_TEST(test_a_file_over_the_size_limit_of_the_process_is_a_fault),
        UNIT_TEST(test_a_full_disk_is_told_as_such_and_nothing_is_left),
        UNIT_TEST(test_a_read_only_disk_is_a_fault),
        UNIT_TEST(test_link_where_there_is_no_such_rename),
        UNIT_TEST(test_a_disk_without_rename_and_link_is_told_as_unsupported),
        UNIT_TEST(test_a_failed_sync_is_told_as_unsynced),
    };
    int result = prepare() ? UNIT_RUN("publish", tests) : 1;
    unit_remove_directory();
    return result;
}
