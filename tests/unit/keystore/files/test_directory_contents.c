/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/directory.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static struct directory directory;
static const uint8_t bytes[] = "not a sealed key, but nobody opens it here";

static bool prepare(void)
{
    return secret_start() && unit_make_directory()
        && directory_create(unit_path("ks"), geteuid(), getegid(), &directory) == FAULT_NONE;
}

static struct key_id named(const char *text)
{
    struct key_id id;
    CU_ASSERT(key_id_from_text(text, &id));
    return id;
}

/* -- header -- */

static void test_a_header_is_created_once_read_and_replaced(void)
{
    uint8_t raw[KEK_SIZE] = "a KEK for a test of the header", id[KEYSTORE_ID_SIZE] = { 7 };
    struct kek kek;
    struct header header, found;
    CU_ASSERT(directory_read_header(&directory, &found) == FAULT_KEYSTORE_MISSING);
    CU_ASSERT(kek_from_bytes(raw, &kek) == FAULT_NONE);
    header_create(&header, id, &kek, 1);
    CU_ASSERT(directory_create_header(&directory, &header) == FAULT_NONE);
    CU_ASSERT(unit_mode(unit_path("ks/keystore")) == 0600);
    CU_ASSERT(directory_read_header(&directory, &found) == FAULT_NONE);
    CU_ASSERT(header_check(&found, &kek) == FAULT_NONE && found.keystore_id[0] == 7);
    CU_ASSERT(directory_create_header(&directory, &header) == FAULT_KEYSTORE_EXISTS);
}

static void test_a_header_that_is_none_is_refused(void)
{
    static uint8_t large[HEADER_FILE_MAX + 1];
    struct header found;
    CU_ASSERT(unit_write(unit_path("ks/keystore"), bytes, sizeof bytes, 0600));
    CU_ASSERT(directory_read_header(&directory, &found) == FAULT_KEYSTORE_CORRUPT);
    CU_ASSERT(unit_write(unit_path("ks/keystore"), large, sizeof large, 0600));
    CU_ASSERT(directory_read_header(&directory, &found) == FAULT_KEYSTORE_CORRUPT);
    CU_ASSERT(chmod(unit_path("ks/keystore"), 0644) == 0);
    CU_ASSERT(directory_read_header(&directory, &found) == FAULT_FILE_MODE);
}

/* -- keys -- */

static void test_a_key_is_created_once_read_and_identified(void)
{
    static uint8_t out[SEALED_KEY_MAX];
    struct key_id id = named("issuing-ca");
    struct file_identity read, identified;
    size_t length;
    CU_ASSERT(directory_read_key(&directory, &id, out, &length, &read) == FAULT_KEY_UNKNOWN);
    CU_ASSERT(directory_sync_key(&directory, &id) == FAULT_KEY_UNKNOWN);
    CU_ASSERT(directory_identify_key(&directory, &id, &identified) == FAULT_KEY_UNKNOWN);
    CU_ASSERT(directory_create_key(&directory, &id, bytes, sizeof bytes) == FAULT_NONE);
    CU_ASSERT(unit_holds(unit_path("ks/keys/issuing-ca.key"), bytes, sizeof bytes));
    CU_ASSERT(unit_mode(unit_path("ks/keys/issuing-ca.key")) == 0600);
    CU_ASSERT(directory_create_key(&directory, &id, bytes, 1) == FAULT_KEY_EXISTS);
    CU_ASSERT(directory_read_key(&directory, &id, out, &length, &read) == FAULT_NONE);
    CU_ASSERT(length == sizeof bytes && memcmp(out, bytes, length) == 0);
    CU_ASSERT(directory_identify_key(&directory, &id, &identified) == FAULT_NONE);
    CU_ASSERT(file_identity_equal(&read, &identified));
    CU_ASSERT(directory_sync_key(&directory, &id) == FAULT_NONE);
}

static void test_the_start_of_a_key_is_read_alone(void)
{
    uint8_t start[10];
    size_t length;
    struct key_id id = named("issuing-ca"), absent = named("absent");
    CU_ASSERT(directory_read_key_start(&directory, &id, start, sizeof start, &length) == FAULT_NONE);
    CU_ASSERT(length == sizeof start && memcmp(start, bytes, length) == 0);
    CU_ASSERT(directory_read_key_start(&directory, &absent, start, sizeof start, &length) == FAULT_KEY_UNKNOWN);
}

static void test_a_removed_key_is_unknown(void)
{
    struct key_id id = named("issuing-ca");
    CU_ASSERT(directory_remove_key(&directory, &id) == FAULT_NONE);
    CU_ASSERT(!unit_exists(unit_path("ks/keys/issuing-ca.key")));
    CU_ASSERT(directory_remove_key(&directory, &id) == FAULT_KEY_UNKNOWN);
}

static void test_a_key_that_is_too_large_is_refused(void)
{
    static uint8_t large[SEALED_KEY_MAX + 1], out[SEALED_KEY_MAX];
    struct key_id id = named("large");
    size_t length;
    CU_ASSERT(unit_write(unit_path("ks/keys/large.key"), large, sizeof large, 0600));
    CU_ASSERT(directory_read_key(&directory, &id, out, &length, NULL) == FAULT_FILE_TOO_LARGE);
    CU_ASSERT(directory_remove_key(&directory, &id) == FAULT_NONE);
}

/* The longest id has its own file, whole. */
static void test_a_key_with_the_longest_id_is_created_and_read(void)
{
    char text[KEY_ID_SIZE + 1] = { 0 };
    static uint8_t out[SEALED_KEY_MAX];
    size_t length;
    memset(text, 'z', KEY_ID_SIZE);
    struct key_id id = named(text);
    CU_ASSERT(directory_create_key(&directory, &id, bytes, sizeof bytes) == FAULT_NONE);
    CU_ASSERT(directory_read_key(&directory, &id, out, &length, NULL) == FAULT_NONE);
    char name[100];
    snprintf(name, sizeof name, "ks/keys/%s.key", text);
    CU_ASSERT(unit_exists(unit_path(name)));
    CU_ASSERT(directory_remove_key(&directory, &id) == FAULT_NONE);
}

/* -- certificates -- */

static void test_a_certificate_is_replaced_read_and_removed(void)
{
    static uint8_t out[DIRECTORY_CERTIFICATE_MAX];
    struct key_id id = named("ca");
    size_t length;
    CU_ASSERT(directory_read_certificate(&directory, &id, out, &length) == FAULT_FILE_MISSING);
    CU_ASSERT(directory_remove_certificate(&directory, &id) == FAULT_FILE_MISSING);
    CU_ASSERT(directory_replace_certificate(&directory, &id, bytes, 5) == FAULT_NONE);
    CU_ASSERT(directory_replace_certificate(&directory, &id, bytes, sizeof bytes) == FAULT_NONE);
    CU_ASSERT(unit_mode(unit_path("ks/certs/ca.pem")) == 0600);
    CU_ASSERT(directory_read_certificate(&directory, &id, out, &length) == FAULT_NONE);
    CU_ASSERT(length == sizeof bytes && memcmp(out, bytes, length) == 0);
    CU_ASSERT(directory_remove_certificate(&directory, &id) == FAULT_NONE);
    CU_ASSERT(!unit_exists(unit_path("ks/certs/ca.pem")));
}

/* -- lists -- */

static void test_a_list_of_no_keys_is_empty(void)
{
    struct key_list list;
    CU_ASSERT(directory_list_keys(&directory, &list) == FAULT_NONE && list.count == 0);
    directory_free_list(&list);
}

static void make_in(const char *folder, const char *const *names, size_t count)
{
    char name[64];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "ks/%s/%s", folder, names[i]);
        CU_ASSERT(unit_write(unit_path(name), "", 0, 0600));
    }
}

static void test_lists_are_sorted_and_ignore_strays(void)
{
    static const char *const keys[] = { "b.key",   "a.key",  "a-b.key", "a.b.key",
                                        "a_b.key", "10.key", "9.key",   ".tmp-0123456789abcdef",
                                        "a.pem",   "A.key",  "README",  ".key",
                                        "a.key~" };
    static const char *const wanted[] = { "10", "9", "a", "a-b", "a.b", "a_b", "b" };
    static const char *const certs[] = { "z.pem", "a.pem", "a.key", ".pem" };
    struct key_list list;
    make_in("keys", keys, UNIT_COUNT(keys));
    make_in("certs", certs, UNIT_COUNT(certs));
    UNIT_NEED(directory_list_keys(&directory, &list) == FAULT_NONE && list.count == UNIT_COUNT(wanted));
    for (size_t i = 0; i < list.count; i++)
        CU_ASSERT_STRING_EQUAL(list.ids[i].text, wanted[i]);
    directory_free_list(&list);
    CU_ASSERT(list.count == 0 && list.ids == NULL);
    UNIT_NEED(directory_list_certificates(&directory, &list) == FAULT_NONE && list.count == 2);
    CU_ASSERT(strcmp(list.ids[0].text, "a") == 0 && strcmp(list.ids[1].text, "z") == 0);
    directory_free_list(&list);
}

static void test_a_long_list_is_whole_and_sorted(void)
{
    enum { MANY = 300 };
    struct key_list list;
    char name[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "ks/keys/long-%03d.key", MANY - 1 - i);
        CU_ASSERT(unit_write(unit_path(name), "", 0, 0600));
    }
    UNIT_NEED(directory_list_keys(&directory, &list) == FAULT_NONE && list.count == MANY + 7);
    for (size_t i = 1; i < list.count; i++)
        CU_ASSERT(strcmp(list.ids[i - 1].text, list.ids[i].text) < 0);
    directory_free_list(&list);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_header_is_created_once_read_and_replaced),
        UNIT_TEST(test_a_header_that_is_none_is_refused),
        UNIT_TEST(test_a_key_is_created_once_read_and_identified),
        UNIT_TEST(test_the_start_of_a_key_is_read_alone),
        UNIT_TEST(test_a_removed_key_is_unknown),
        UNIT_TEST(test_a_key_that_is_too_large_is_refused),
        UNIT_TEST(test_a_key_with_the_longest_id_is_created_and_read),
        UNIT_TEST(test_a_certificate_is_replaced_read_and_removed),
        UNIT_TEST(test_a_list_of_no_keys_is_empty),
        UNIT_TEST(test_lists_are_sorted_and_ignore_strays),
        UNIT_TEST(test_a_long_list_is_whole_and_sorted),
    };
    int result = prepare() ? UNIT_RUN("contents", tests) : 1;
    directory_close(&directory);
    unit_remove_directory();
    return result;
}
