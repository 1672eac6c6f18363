/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/directory.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static struct directory directory;

static enum fault create(const char *name)
{
    return directory_create(unit_path(name), geteuid(), getegid(), &directory);
}

static enum fault open_it(const char *name)
{
    return directory_open(unit_path(name), &directory);
}

static bool is_closed(void)
{
    return directory.root == -1 && directory.keys == -1 && directory.certs == -1 && directory.records == -1
        && directory.lock == -1;
}

static void test_a_new_keystore_has_its_parts_for_its_owner_alone(void)
{
    mode_t saved = umask(0);
    UNIT_NEED(create("ks") == FAULT_NONE);
    umask(saved);
    CU_ASSERT(directory.owner == geteuid() && directory.group == getegid());
    directory_close(&directory);
    CU_ASSERT(is_closed());
    static const char *const parts[] = { "ks", "ks/keys", "ks/certs", "ks/records" };
    for (size_t i = 0; i < UNIT_COUNT(parts); i++)
        CU_ASSERT(unit_mode(unit_path(parts[i])) == 0700);
    CU_ASSERT(unit_mode(unit_path("ks/lock")) == 0600);
    CU_ASSERT(!unit_exists(unit_path("ks/keystore")));
    CU_ASSERT(open_it("ks") == FAULT_NONE && directory.root >= 0 && directory.lock >= 0);
    directory_close(&directory);
}

static void test_a_keystore_is_not_created_where_something_is(void)
{
    CU_ASSERT(create("ks") == FAULT_KEYSTORE_EXISTS && is_closed());
    CU_ASSERT(mkdir(unit_path("empty"), 0700) == 0 && create("empty") == FAULT_NONE);
    directory_close(&directory);
    CU_ASSERT(mkdir(unit_path("open"), 0755) == 0 && create("open") == FAULT_FILE_MODE && is_closed());
    CU_ASSERT(unit_write(unit_path("file"), "", 0, 0600) && create("file") == FAULT_FILE_IRREGULAR);
    CU_ASSERT(create("no/such") == FAULT_STORE_IO && is_closed());
}

static void test_a_keystore_is_created_in_an_empty_directory_alone(void)
{
    CU_ASSERT(mkdir(unit_path("strays"), 0700) == 0);
    CU_ASSERT(unit_write(unit_path("strays/letter"), "x", 1, 0600));
    CU_ASSERT(create("strays") == FAULT_KEYSTORE_EXISTS);
    CU_ASSERT(!unit_exists(unit_path("strays/keys")) && unit_exists(unit_path("strays/letter")));
    directory_close(&directory);
}

static void test_a_keystore_that_root_creates_for_another_is_theirs(void)
{
    if (geteuid() != 0)
        return;
    struct stat status;
    CU_ASSERT(directory_create(unit_path("theirs"), 65534, 65533, &directory) == FAULT_NONE);
    CU_ASSERT(directory.owner == 65534 && directory.group == 65533);
    directory_close(&directory);
    CU_ASSERT(stat(unit_path("theirs/lock"), &status) == 0 && status.st_uid == 65534 && status.st_gid == 65533);
    CU_ASSERT(stat(unit_path("theirs/keys"), &status) == 0 && status.st_uid == 65534);
    CU_ASSERT(open_it("theirs") == FAULT_NONE && directory.owner == 65534);
    directory_close(&directory);
}

static void test_a_directory_that_is_no_keystore_is_not_opened(void)
{
    CU_ASSERT(open_it("absent") == FAULT_KEYSTORE_MISSING && is_closed());
    CU_ASSERT(unit_write(unit_path("a-file"), "", 0, 0600));
    CU_ASSERT(open_it("a-file") == FAULT_FILE_IRREGULAR && is_closed());
    CU_ASSERT(symlink("ks", unit_path("a-link")) == 0);
    CU_ASSERT(open_it("a-link") == FAULT_FILE_IRREGULAR && is_closed());
    CU_ASSERT(mkdir(unit_path("hollow"), 0700) == 0);
    CU_ASSERT(open_it("hollow") == FAULT_KEYSTORE_MISSING && is_closed());
}

static void test_a_keystore_that_lacks_a_part_is_not_opened(void)
{
    static const char *const parts[] = { "ks/keys", "ks/certs", "ks/records", "ks/lock" };
    for (size_t i = 0; i < UNIT_COUNT(parts); i++) {
        CU_ASSERT(rename(unit_path(parts[i]), unit_path("aside")) == 0);
        CU_ASSERT(open_it("ks") == FAULT_KEYSTORE_MISSING && is_closed());
        CU_ASSERT(rename(unit_path("aside"), unit_path(parts[i])) == 0);
    }
}

static void test_a_keystore_that_others_may_enter_is_not_opened(void)
{
    static const char *const parts[] = { "ks", "ks/keys", "ks/certs", "ks/records" };
    for (size_t i = 0; i < UNIT_COUNT(parts); i++)
        for (unsigned bit = 1; bit < 0100; bit <<= 1) {
            CU_ASSERT(chmod(unit_path(parts[i]), 0700 | bit) == 0);
            CU_ASSERT(open_it("ks") == FAULT_FILE_MODE && is_closed());
            CU_ASSERT(chmod(unit_path(parts[i]), 0700) == 0);
        }
}

static void test_a_keystore_with_a_part_of_another_owner_is_not_opened(void)
{
    if (geteuid() != 0)
        return;
    CU_ASSERT(chown(unit_path("ks/certs"), 65534, 65534) == 0);
    CU_ASSERT(open_it("ks") == FAULT_FILE_OWNER && is_closed());
    CU_ASSERT(chown(unit_path("ks/certs"), 0, 0) == 0);
}

static void open_as_another(void)
{
    CU_ASSERT(setuid(65534) == 0);
    CU_ASSERT(open_it("roots") == FAULT_FILE_OWNER && is_closed());
}

static void test_a_keystore_of_another_owner_is_not_opened(void)
{
    if (geteuid() != 0)
        return;
    UNIT_NEED(create("roots") == FAULT_NONE);
    directory_close(&directory);
    CU_ASSERT(chmod(unit_path("roots"), 0755) == 0 && chmod(unit_directory, 0755) == 0);
    unit_child(open_as_another);
    CU_ASSERT(chmod(unit_directory, 0700) == 0);
}

static void test_a_lock_that_is_held_excludes_others(void)
{
    struct directory a, b;
    UNIT_NEED(directory_open(unit_path("ks"), &a) == FAULT_NONE);
    UNIT_NEED(directory_open(unit_path("ks"), &b) == FAULT_NONE);
    CU_ASSERT(directory_lock(&a) == FAULT_NONE);
    CU_ASSERT(directory_lock(&b) == FAULT_STORE_BUSY);
    CU_ASSERT(directory_lock_within(&b, 0) == FAULT_STORE_BUSY);
    CU_ASSERT(directory_lock_within(&b, 20) == FAULT_STORE_BUSY);
    directory_unlock(&a);
    CU_ASSERT(directory_lock(&b) == FAULT_NONE && directory_lock(&a) == FAULT_STORE_BUSY);
    directory_close(&b);
    CU_ASSERT(directory_lock_within(&a, 1000) == FAULT_NONE);
    directory_close(&a);
}

static void lock_and_end(void)
{
    UNIT_NEED(open_it("ks") == FAULT_NONE);
    CU_ASSERT(directory_lock(&directory) == FAULT_NONE);
}

static void test_the_lock_ends_with_its_holder(void)
{
    unit_child(lock_and_end);
    UNIT_NEED(open_it("ks") == FAULT_NONE);
    CU_ASSERT(directory_lock(&directory) == FAULT_NONE);
    directory_close(&directory);
}

static void test_a_discarded_keystore_is_gone_and_one_with_content_stays(void)
{
    UNIT_NEED(create("failed") == FAULT_NONE);
    directory_discard(unit_path("failed"), &directory);
    CU_ASSERT(!unit_exists(unit_path("failed")) && is_closed());
}

static void test_a_sweep_removes_temporary_files_of_every_part(void)
{
    static const char *const left[] = { "ks/.tmp-0000000000000001", "ks/keys/.tmp-0000000000000002",
                                        "ks/certs/.tmp-0000000000000003", "ks/records/.tmp-0000000000000004" };
    for (size_t i = 0; i < UNIT_COUNT(left); i++)
        CU_ASSERT(unit_write(unit_path(left[i]), "", 0, 0600));
    UNIT_NEED(open_it("ks") == FAULT_NONE);
    directory_sweep(&directory);
    directory_close(&directory);
    for (size_t i = 0; i < UNIT_COUNT(left); i++)
        CU_ASSERT(!unit_exists(unit_path(left[i])));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_new_keystore_has_its_parts_for_its_owner_alone),
        UNIT_TEST(test_a_keystore_is_not_created_where_something_is),
        UNIT_TEST(test_a_keystore_is_created_in_an_empty_directory_alone),
        UNIT_TEST(test_a_keystore_that_root_creates_for_another_is_theirs),
        UNIT_TEST(test_a_directory_that_is_no_keystore_is_not_opened),
        UNIT_TEST(test_a_keystore_that_lacks_a_part_is_not_opened),
        UNIT_TEST(test_a_keystore_that_others_may_enter_is_not_opened),
        UNIT_TEST(test_a_keystore_with_a_part_of_another_owner_is_not_opened),
        UNIT_TEST(test_a_keystore_of_another_owner_is_not_opened),
        UNIT_TEST(test_a_lock_that_is_held_excludes_others),
        UNIT_TEST(test_the_lock_ends_with_its_holder),
        UNIT_TEST(test_a_discarded_keystore_is_gone_and_one_with_content_stays),
        UNIT_TEST(test_a_sweep_removes_temporary_files_of_every_part),
    };
    int result = secret_start() && unit_make_directory() ? UNIT_RUN("directory", tests) : 1;
    unit_remove_directory();
    return result;
}
