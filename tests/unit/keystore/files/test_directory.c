/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/directory.h"

#include <sched.h>
#include <sys/mount.h>

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

/* Makes a keystore with a header, closed again. */
static bool make_whole(const char *name)
{
    static const uint8_t id[KEYSTORE_ID_SIZE] = { 1 };
    const uint8_t raw[KEK_SIZE] = { 1 };
    struct kek kek;
    struct header header;
    if (kek_from_bytes(raw, &kek) != FAULT_NONE || create(name) != FAULT_NONE)
        return false;
    header_create(&header, id, &kek, 1767225600);
    bool ok = directory_create_header(&directory, &header) == FAULT_NONE;
    directory_close(&directory);
    return ok;
}

static void test_a_missing_part_beside_a_header_is_named(void)
{
    static const struct {
        const char *part;
        enum fault fault;
    } parts[] = { { "whole/keys", FAULT_KEYS_MISSING },
                  { "whole/certs", FAULT_CERTS_MISSING },
                  { "whole/records", FAULT_RECORDS_MISSING },
                  { "whole/lock", FAULT_LOCK_MISSING } };
    UNIT_NEED(make_whole("whole"));
    for (size_t i = 0; i < UNIT_COUNT(parts); i++) {
        CU_ASSERT(rename(unit_path(parts[i].part), unit_path("aside")) == 0);
        CU_ASSERT(open_it("whole") == parts[i].fault && is_closed());
        CU_ASSERT(rename(unit_path("aside"), unit_path(parts[i].part)) == 0);
    }
    CU_ASSERT(open_it("whole") == FAULT_NONE && !directory.read_only);
    directory_close(&directory);
}

static void test_a_repair_makes_what_is_missing_and_nothing_else(void)
{
    struct directory_repairs made;
    UNIT_NEED(make_whole("broken"));
    CU_ASSERT(directory_repair(unit_path("broken"), &made) == FAULT_NONE);
    CU_ASSERT(!made.certs && !made.records && !made.lock);
    CU_ASSERT(remove(unit_path("broken/certs")) == 0 && remove(unit_path("broken/lock")) == 0);
    CU_ASSERT(directory_repair(unit_path("broken"), &made) == FAULT_NONE);
    CU_ASSERT(made.certs && !made.records && made.lock);
    CU_ASSERT(unit_mode(unit_path("broken/certs")) == 0700 && unit_mode(unit_path("broken/lock")) == 0600);
    CU_ASSERT(remove(unit_path("broken/records")) == 0);
    CU_ASSERT(directory_repair(unit_path("broken"), &made) == FAULT_NONE && made.records && !made.certs);
    CU_ASSERT(open_it("broken") == FAULT_NONE);
    directory_close(&directory);
}

static void test_only_a_keystore_with_header_and_keys_is_repaired(void)
{
    struct directory_repairs made;
    UNIT_NEED(make_whole("keyless"));
    CU_ASSERT(remove(unit_path("keyless/keys")) == 0 && remove(unit_path("keyless/certs")) == 0);
    CU_ASSERT(directory_repair(unit_path("keyless"), &made) == FAULT_KEYS_MISSING);
    CU_ASSERT(!unit_exists(unit_path("keyless/certs")) && !unit_exists(unit_path("keyless/keys")));
    CU_ASSERT(mkdir(unit_path("keyless/keys"), 0700) == 0);
    CU_ASSERT(unit_write(unit_path("keyless/keystore"), "damaged", 7, 0600));
    CU_ASSERT(directory_repair(unit_path("keyless"), &made) == FAULT_KEYSTORE_CORRUPT);
    CU_ASSERT(unlink(unit_path("keyless/keystore")) == 0);
    CU_ASSERT(directory_repair(unit_path("keyless"), &made) == FAULT_KEYSTORE_MISSING);
    CU_ASSERT(!unit_exists(unit_path("keyless/certs")));
    CU_ASSERT(directory_repair(unit_path("nowhere"), &made) == FAULT_KEYSTORE_MISSING);
}

static bool bind_read_only(const char *name)
{
    const char *path = unit_path(name);
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
        && mount(path, path, NULL, MS_BIND, NULL) == 0
        && mount("none", path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

static void open_read_only(void)
{
    struct directory other;
    struct directory_repairs made;
    struct header header;
    UNIT_NEED(make_whole("medium"));
    if (geteuid() != 0 || !bind_read_only("medium"))
        return; /* only root may mount */
    UNIT_NEED(open_it("medium") == FAULT_NONE && directory_open(unit_path("medium"), &other) == FAULT_NONE);
    CU_ASSERT(directory.read_only && directory_read_header(&directory, &header) == FAULT_NONE);
    CU_ASSERT(directory_lock(&directory) == FAULT_STORE_READ_ONLY);
    CU_ASSERT(directory_lock_within(&directory, 1000) == FAULT_STORE_READ_ONLY);
    CU_ASSERT(directory_lock_shared_within(&directory, 0) == FAULT_NONE);
    CU_ASSERT(directory_lock_shared_within(&other, 0) == FAULT_NONE);
    CU_ASSERT(directory_replace_header(&directory, &header) == FAULT_STORE_READ_ONLY);
    CU_ASSERT(directory_repair(unit_path("medium"), &made) == FAULT_NONE);
    directory_close(&directory);
    directory_close(&other);
}

static void test_a_keystore_on_a_read_only_medium_is_read_and_not_locked_for_a_change(void)
{
    unit_child(open_read_only);
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

static void test_a_lock_that_was_replaced_is_not_held(void)
{
    UNIT_NEED(open_it("ks") == FAULT_NONE);
    CU_ASSERT(rename(unit_path("ks/lock"), unit_path("aside")) == 0);
    CU_ASSERT(directory_lock(&directory) == FAULT_LOCK_MISSING);
    CU_ASSERT(directory_lock_shared_within(&directory, 0) == FAULT_LOCK_MISSING);
    CU_ASSERT(unit_write(unit_path("ks/lock"), "", 0, 0600) && directory_lock(&directory) == FAULT_LOCK_MISSING);
    CU_ASSERT(rename(unit_path("aside"), unit_path("ks/lock")) == 0 && directory_lock(&directory) == FAULT_NONE);
    directory_close(&directory);
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
        UNIT_TEST(test_a_missing_part_beside_a_header_is_named),
        UNIT_TEST(test_a_repair_makes_what_is_missing_and_nothing_else),
        UNIT_TEST(test_only_a_keystore_with_header_and_keys_is_repaired),
        UNIT_TEST(test_a_keystore_on_a_read_only_medium_is_read_and_not_locked_for_a_change),
        UNIT_TEST(test_a_keystore_that_others_may_enter_is_not_opened),
        UNIT_TEST(test_a_keystore_with_a_part_of_another_owner_is_not_opened),
        UNIT_TEST(test_a_keystore_of_another_owner_is_not_opened),
        UNIT_TEST(test_a_lock_that_is_held_excludes_others),
        UNIT_TEST(test_a_lock_that_was_replaced_is_not_held),
        UNIT_TEST(test_the_lock_ends_with_its_holder),
        UNIT_TEST(test_a_discarded_keystore_is_gone_and_one_with_content_stays),
        UNIT_TEST(test_a_sweep_removes_temporary_files_of_every_part),
    };
    int result = secret_start() && unit_make_directory() ? UNIT_RUN("directory", tests) : 1;
    unit_remove_directory();
    return result;
}
