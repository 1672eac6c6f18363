/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/store/listing.h"

#include "keystore/key/sealed_key.h"
#include "keystore/memory/secret.h"
#include "signer/ipc/message.h"
#include "tests/unit/unit.h"

static struct directory directory;
static struct listing listing;
static uint8_t body[LISTING_BODY_MAX];
static size_t length;
static struct list_head head;
static char ids[300][KEY_ID_SIZE + 1];
static struct list_entry entries[300];
static unsigned count;

static bool open_keystore(const char *name)
{
    listing = (struct listing){ .made_ms = 0 };
    return directory_create(unit_path(name), geteuid(), getegid(), &directory) == FAULT_NONE;
}

static void close_keystore(void)
{
    directory_free_list(&listing.list);
    directory_close(&directory);
}

static bool add_key(const char *id, size_t size)
{
    static uint8_t sealed[SEALED_KEY_MAX];
    struct key_id of;
    memset(sealed, id[0], sizeof sealed);
    return key_id_from_text(id, &of) && directory_create_key(&directory, &of, sealed, size) == FAULT_NONE;
}

static bool add_keys(unsigned number, size_t size)
{
    char id[16];
    bool added = true;
    for (unsigned i = 0; i < number; i++) {
        snprintf(id, sizeof id, "key-%03u", i);
        added = add_key(id, size) && added;
    }
    return added;
}

/* Reads a page and takes its entries apart. */
static enum fault read_page(const char *after, uint32_t limit)
{
    struct key_id from = { "" };
    CU_ASSERT(after[0] == '\0' || key_id_from_text(after, &from));
    enum fault fault = listing_page(&listing, &directory, &from, limit, body, &length);
    memcpy(&head, body, sizeof head);
    count = 0;
    for (size_t at = sizeof head; at < length; count++) {
        memcpy(&entries[count], body + at, sizeof *entries);
        memcpy(ids[count], entries[count].id, KEY_ID_SIZE);
        CU_ASSERT(unit_all(body + at + sizeof *entries, entries[count].length, (uint8_t)ids[count][0]));
        at += sizeof *entries + entries[count].length;
    }
    return fault;
}

static void test_a_listing_of_an_empty_keystore_has_nothing_and_no_more(void)
{
    UNIT_NEED(open_keystore("empty"));
    CU_ASSERT(read_page("", 10) == FAULT_NONE && count == 0 && !head.more && length == sizeof head);
    close_keystore();
}

static void test_pages_go_on_behind_an_id_in_order_until_there_is_no_more(void)
{
    UNIT_NEED(open_keystore("pages") && add_keys(7, 100));
    CU_ASSERT(read_page("", 3) == FAULT_NONE && count == 3 && head.more && strcmp(ids[0], "key-000") == 0);
    CU_ASSERT(read_page(ids[2], 3) == FAULT_NONE && count == 3 && head.more && strcmp(ids[0], "key-003") == 0);
    CU_ASSERT(read_page(ids[2], 3) == FAULT_NONE && count == 1 && !head.more && strcmp(ids[0], "key-006") == 0);
    CU_ASSERT(read_page(ids[0], 3) == FAULT_NONE && count == 0 && !head.more);
    close_keystore();
}

static void test_a_page_that_ends_with_the_last_key_says_that_there_is_no_more(void)
{
    UNIT_NEED(open_keystore("exact") && add_keys(3, 100));
    CU_ASSERT(read_page("", 3) == FAULT_NONE && count == 3 && !head.more);
    close_keystore();
}

static void test_a_page_behind_an_id_that_is_not_there_begins_with_the_next_one(void)
{
    UNIT_NEED(open_keystore("between") && add_keys(3, 100));
    CU_ASSERT(read_page("key-000a", 9) == FAULT_NONE && count == 2 && strcmp(ids[0], "key-001") == 0);
    CU_ASSERT(read_page("a", 9) == FAULT_NONE && count == 3);
    close_keystore();
}

static void test_a_listing_goes_on_with_the_list_that_it_began_with(void)
{
    UNIT_NEED(open_keystore("kept") && add_keys(2, 100) && read_page("", 1) == FAULT_NONE);
    UNIT_NEED(add_key("zz", 100));
    CU_ASSERT(read_page("key-000", 9) == FAULT_NONE && count == 1);
    listing_forget(&listing); /* as the store does when it changed something itself */
    CU_ASSERT(read_page("key-000", 9) == FAULT_NONE && count == 2 && strcmp(ids[1], "zz") == 0);
    close_keystore();
}

static void test_a_key_that_has_gone_since_is_left_out(void)
{
    struct key_id gone;
    UNIT_NEED(open_keystore("gone") && add_keys(3, 100) && read_page("", 9) == FAULT_NONE);
    UNIT_NEED(key_id_from_text("key-001", &gone) && directory_remove_key(&directory, &gone) == FAULT_NONE);
    CU_ASSERT(read_page("", 9) == FAULT_NONE && count == 2 && strcmp(ids[1], "key-002") == 0);
    close_keystore();
}

static void test_a_key_of_which_only_the_certificate_is_left_is_named_as_lost(void)
{
    static const uint8_t pem[] = "a certificate";
    static const char *const of[] = { "key-001", "lost", "a" };
    struct key_id id;
    UNIT_NEED(open_keystore("lost") && add_keys(3, 100));
    for (size_t i = 0; i < UNIT_COUNT(of); i++)
        CU_ASSERT(key_id_from_text(of[i], &id)
                  && directory_replace_certificate(&directory, &id, pem, sizeof pem) == FAULT_NONE);
    CU_ASSERT(read_page("", 2) == FAULT_NONE && count == 2 && head.more && strcmp(ids[0], "a") == 0);
    CU_ASSERT(entries[0].fault == FAULT_KEY_LOST && entries[0].length == 0 && entries[1].fault == FAULT_NONE);
    CU_ASSERT(read_page(ids[1], 9) == FAULT_NONE && count == 3 && !head.more && strcmp(ids[2], "lost") == 0);
    CU_ASSERT(entries[2].fault == FAULT_KEY_LOST && entries[0].fault == FAULT_NONE);
    CU_ASSERT(directory_remove_certificate(&directory, &id) == FAULT_NONE); /* of "a", and it is no key now */
    CU_ASSERT(read_page("", 9) == FAULT_NONE && count == 4 && strcmp(ids[0], "key-000") == 0);
    close_keystore();
}

static void test_a_file_that_is_not_to_be_trusted_is_named_with_its_fault_and_without_its_bytes(void)
{
    UNIT_NEED(open_keystore("bad") && add_keys(2, 100));
    UNIT_NEED(chmod(unit_path("bad/keys/key-000.key"), 0644) == 0);
    CU_ASSERT(read_page("", 9) == FAULT_NONE && count == 2);
    CU_ASSERT(entries[0].fault == FAULT_FILE_MODE && entries[0].length == 0);
    CU_ASSERT(entries[1].fault == FAULT_NONE && entries[1].length == 100);
    close_keystore();
}

static void test_only_the_start_of_a_long_file_is_told(void)
{
    UNIT_NEED(open_keystore("long") && add_keys(1, SEALED_KEY_MAX));
    CU_ASSERT(read_page("", 9) == FAULT_NONE && count == 1);
    CU_ASSERT(entries[0].length == SEALED_KEY_FIXED + KEY_PUBLIC_MAX && entries[0].length < SEALED_KEY_MAX);
    close_keystore();
}

static void test_a_page_of_large_keys_ends_where_the_body_does(void)
{
    enum { KEYS = 130 };
    unsigned found = 0;
    UNIT_NEED(open_keystore("large") && add_keys(KEYS, SEALED_KEY_MAX));
    char after[KEY_ID_SIZE + 1] = "";
    do {
        CU_ASSERT(read_page(after, 1000) == FAULT_NONE && length <= LISTING_BODY_MAX && count > 0);
        found += count;
        memcpy(after, ids[count > 0 ? count - 1 : 0], sizeof after);
    } while (head.more && found < KEYS);
    CU_ASSERT(found == KEYS && !head.more);
    close_keystore();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_listing_of_an_empty_keystore_has_nothing_and_no_more),
        UNIT_TEST(test_pages_go_on_behind_an_id_in_order_until_there_is_no_more),
        UNIT_TEST(test_a_page_that_ends_with_the_last_key_says_that_there_is_no_more),
        UNIT_TEST(test_a_page_behind_an_id_that_is_not_there_begins_with_the_next_one),
        UNIT_TEST(test_a_listing_goes_on_with_the_list_that_it_began_with),
        UNIT_TEST(test_a_key_that_has_gone_since_is_left_out),
        UNIT_TEST(test_a_key_of_which_only_the_certificate_is_left_is_named_as_lost),
        UNIT_TEST(test_a_file_that_is_not_to_be_trusted_is_named_with_its_fault_and_without_its_bytes),
        UNIT_TEST(test_only_the_start_of_a_long_file_is_told),
        UNIT_TEST(test_a_page_of_large_keys_ends_where_the_body_does),
    };
    int code = secret_start() && unit_make_directory() ? UNIT_RUN("listing", tests) : 1;
    unit_remove_directory();
    return code;
}
