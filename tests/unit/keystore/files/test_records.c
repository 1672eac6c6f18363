/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/records.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t old[] = "what was there", new[] = "what comes after it";
static struct directory directory;

static bool prepare(void)
{
    return secret_start() && unit_make_directory()
        && directory_create(unit_path("ks"), geteuid(), getegid(), &directory) == FAULT_NONE;
}

static const char *record(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "ks/records/%s", name);
    return unit_path(path);
}

static void fill(char *name, size_t length)
{
    memset(name, 'a', length);
    name[length] = '\0';
}

/* -- names -- */

static void test_names_of_records_are_told_from_all_others(void)
{
    static const char *const good[] = { "a",    "0", "set-3f91-8a17-b121-6618-1.txt", "transcript-0001.txt.sig", "a..b",
                                        "9-_.", "z_" };
    static const char *const bad[] = { "",     ".",     "..",        ".a",     "-a",  "_a", "A",      "aB",
                                       "a/b",  "/a",    "../a",      "a/../b", "a b", " a", "a\n",    "a\tb",
                                       "a\\b", "a\x7f", "a\xc3\xa9", "a:b",    "a~",  "a*", "a\x01b", "records/a" };
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        CU_ASSERT(records_name_is_valid(good[i]));
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(!records_name_is_valid(bad[i]));
}

static void test_a_record_with_too_long_a_name_is_none(void)
{
    char name[RECORD_NAME_MAX + 2];
    for (size_t length = 1; length <= RECORD_NAME_MAX + 1; length++) {
        fill(name, length);
        CU_ASSERT(records_name_is_valid(name) == (length < RECORD_NAME_MAX));
    }
    fill(name, RECORD_NAME_MAX - 1);
    CU_ASSERT(records_create(&directory, name, new, sizeof new) == FAULT_NONE && unit_exists(record(name)));
    unlink(record(name));
}

static void test_bad_names_touch_nothing(void)
{
    static const char *const bad[] = { "../outside", "Big", "", ".hidden", "sub/name" };
    uint8_t out[64];
    size_t length = 0;
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        CU_ASSERT(records_create(&directory, bad[i], new, sizeof new) == FAULT_FILE_IRREGULAR);
        CU_ASSERT(records_replace(&directory, bad[i], new, sizeof new) == FAULT_FILE_IRREGULAR);
        CU_ASSERT(records_read(&directory, bad[i], out, sizeof out, &length) == FAULT_FILE_IRREGULAR);
    }
    CU_ASSERT(!unit_exists(unit_path("ks/outside")) && !unit_exists(record("Big")));
}

/* -- one record -- */

static void test_a_record_is_created_once_and_never_overwritten(void)
{
    CU_ASSERT(records_create(&directory, "one.txt", old, sizeof old) == FAULT_NONE);
    CU_ASSERT(records_create(&directory, "one.txt", new, sizeof new) == FAULT_FILE_EXISTS);
    CU_ASSERT(unit_holds(record("one.txt"), old, sizeof old) && unit_mode(record("one.txt")) == 0600);
    CU_ASSERT(records_replace(&directory, "one.txt", new, sizeof new) == FAULT_NONE);
    CU_ASSERT(unit_holds(record("one.txt"), new, sizeof new));
    CU_ASSERT(records_replace(&directory, "two.txt", new, sizeof new) == FAULT_NONE);
    CU_ASSERT(symlink("nowhere", record("link.txt")) == 0);
    CU_ASSERT(records_create(&directory, "link.txt", new, sizeof new) == FAULT_FILE_EXISTS);
    CU_ASSERT(!unit_exists(record("nowhere")));
    unlink(record("link.txt"));
}

static void test_a_record_is_read_whole_within_its_bound(void)
{
    uint8_t out[sizeof new];
    size_t length = 0;
    CU_ASSERT(records_replace(&directory, "read", new, sizeof new) == FAULT_NONE);
    CU_ASSERT(records_read(&directory, "read", out, sizeof out, &length) == FAULT_NONE);
    CU_ASSERT(length == sizeof new && memcmp(out, new, sizeof new) == 0);
    CU_ASSERT(records_read(&directory, "read", out, sizeof new - 1, &length) == FAULT_FILE_TOO_LARGE);
    CU_ASSERT(records_read(&directory, "absent", out, sizeof out, &length) == FAULT_FILE_MISSING);
}

static void test_a_record_that_is_open_to_others_or_no_plain_file_is_refused(void)
{
    uint8_t out[64];
    size_t length = 0;
    CU_ASSERT(unit_write(record("open"), new, sizeof new, 0644));
    CU_ASSERT(records_read(&directory, "open", out, sizeof out, &length) == FAULT_FILE_MODE);
    CU_ASSERT(symlink("read", record("link")) == 0 && mkfifo(record("fifo"), 0600) == 0);
    CU_ASSERT(records_read(&directory, "link", out, sizeof out, &length) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(records_read(&directory, "fifo", out, sizeof out, &length) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(link(record("read"), record("twice")) == 0);
    CU_ASSERT(records_read(&directory, "twice", out, sizeof out, &length) == FAULT_FILE_LINKED);
    if (geteuid() == 0) {
        CU_ASSERT(unit_write(record("foreign"), new, sizeof new, 0600) && chown(record("foreign"), 65534, 65534) == 0);
        CU_ASSERT(records_read(&directory, "foreign", out, sizeof out, &length) == FAULT_FILE_OWNER);
    }
}

/* -- the list -- */

static void test_a_list_has_the_prefix_and_an_order(void)
{
    static const char *const names[] = { "list-b", "list-10", "list-9", "list-a", "list", "list-", "lis", "other" };
    static const char *const sorted[] = { "list", "list-", "list-10", "list-9", "list-a", "list-b" };
    struct record_list list;
    for (size_t i = 0; i < UNIT_COUNT(names); i++)
        CU_ASSERT(records_create(&directory, names[i], new, sizeof new) == FAULT_NONE);
    UNIT_NEED(records_list(&directory, "list", &list) == FAULT_NONE);
    CU_ASSERT(list.count == UNIT_COUNT(sorted));
    for (size_t i = 0; i < UNIT_COUNT(sorted) && i < list.count; i++)
        CU_ASSERT(strcmp(list.names[i], sorted[i]) == 0);
    records_free(&list);
    CU_ASSERT(list.count == 0 && list.names == NULL);
    CU_ASSERT(records_list(&directory, "list-x", &list) == FAULT_NONE && list.count == 0);
    records_free(&list);
}

static void test_a_list_leaves_out_what_is_no_record(void)
{
    struct record_list list;
    CU_ASSERT(unit_write(record("strange-Name"), new, 1, 0600) && unit_write(record(".strange-x"), new, 1, 0600));
    CU_ASSERT(unit_write(record("strange-1"), new, 1, 0600) && unit_write(record("strange-2~"), new, 1, 0600));
    UNIT_NEED(records_list(&directory, "strange", &list) == FAULT_NONE);
    CU_ASSERT(list.count == 1 && strcmp(list.names[0], "strange-1") == 0);
    records_free(&list);
    UNIT_NEED(records_list(&directory, "", &list) == FAULT_NONE);
    for (size_t i = 0; i < list.count; i++)
        CU_ASSERT(records_name_is_valid(list.names[i]) && (i == 0 || strcmp(list.names[i - 1], list.names[i]) < 0));
    records_free(&list);
}

static void test_a_long_list_is_whole_each_time(void)
{
    char name[32];
    struct record_list list;
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "many-%03u", i * 7 % 300);
        CU_ASSERT(unit_write(record(name), new, 1, 0600));
    }
    for (unsigned round = 0; round < 2; round++) {
        UNIT_NEED(records_list(&directory, "many-", &list) == FAULT_NONE);
        CU_ASSERT(list.count == 300);
        for (unsigned i = 0; i < list.count; i++) {
            snprintf(name, sizeof name, "many-%03u", i);
            CU_ASSERT(strcmp(list.names[i], name) == 0);
        }
        records_free(&list);
    }
}

static void test_a_keystore_that_is_closed_has_no_records(void)
{
    struct directory closed = DIRECTORY_CLOSED;
    struct record_list list = { .count = 1 };
    CU_ASSERT(records_list(&closed, "", &list) == FAULT_STORE_IO && list.count == 0 && list.names == NULL);
    CU_ASSERT(records_create(&closed, "name", new, sizeof new) == FAULT_STORE_IO);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_names_of_records_are_told_from_all_others),
        UNIT_TEST(test_a_record_with_too_long_a_name_is_none),
        UNIT_TEST(test_bad_names_touch_nothing),
        UNIT_TEST(test_a_record_is_created_once_and_never_overwritten),
        UNIT_TEST(test_a_record_is_read_whole_within_its_bound),
        UNIT_TEST(test_a_record_that_is_open_to_others_or_no_plain_file_is_refused),
        UNIT_TEST(test_a_list_has_the_prefix_and_an_order),
        UNIT_TEST(test_a_list_leaves_out_what_is_no_record),
        UNIT_TEST(test_a_long_list_is_whole_each_time),
        UNIT_TEST(test_a_keystore_that_is_closed_has_no_records),
    };
    int result = prepare() ? UNIT_RUN("records", tests) : 1;
    directory_close(&directory);
    unit_remove_directory();
    return result;
}
