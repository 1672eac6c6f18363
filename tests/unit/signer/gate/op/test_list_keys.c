/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signer/gate/fake_workers.h"

static struct fake_key first, second;
static struct fake_client *client;
static uint8_t page[LIST_PAGE_MAX * 1024];
static size_t page_length;

static void open_gate(void)
{
    fake_open(1);
    client = fake_connect_admin();
}

static void ask(uint64_t id, const char *after, uint32_t limit)
{
    struct request request = { .id = id, .operation = OPERATION_LIST_KEYS, .list_keys = { after, limit } };
    fake_ask(client, &request);
}

static void begin_page(bool more)
{
    struct list_head head = { .more = more };
    memcpy(page, &head, sizeof head);
    page_length = sizeof head;
}

static void add_entry(const char *id, const void *start, size_t length)
{
    struct list_entry entry = { .length = (uint32_t)length };
    memcpy(entry.id, id, strlen(id));
    memcpy(page + page_length, &entry, sizeof entry);
    memcpy(page + page_length + sizeof entry, start, length);
    page_length += sizeof entry + length;
}

static bool send_page(void)
{
    return fake_serve(FAKE_STORE, MESSAGE_LIST, (struct fake_answer){ .body = page, .length = page_length });
}

/* What the store was asked: after which id, and for how many. */
static uint32_t limit_asked(const char *after)
{
    uint32_t limit = 0;
    struct fake_question *asked = fake_receive(FAKE_STORE);
    if (!fake_is_asked(asked, MESSAGE_LIST) || asked->header.length != KEY_ID_SIZE + sizeof limit)
        return UINT32_MAX;
    CU_ASSERT(strcmp((const char *)asked->body, after) == 0);
    memcpy(&limit, asked->body + KEY_ID_SIZE, sizeof limit);
    begin_page(false);
    fake_send(asked, (struct fake_answer){ .body = page, .length = page_length });
    CU_ASSERT(fake_receive_response(client) && client->response.status == STATUS_OK);
    return limit;
}

static void test_a_page_is_asked_for_after_an_id_and_within_the_limit(void)
{
    open_gate();
    ask(1, "", 0);
    CU_ASSERT_EQUAL(limit_asked(""), LIST_PAGE_MAX);
    ask(2, "m", 7);
    CU_ASSERT_EQUAL(limit_asked("m"), 7);
    ask(3, "", LIST_PAGE_MAX + 1);
    CU_ASSERT_EQUAL(limit_asked(""), LIST_PAGE_MAX);
    ask(4, "", UINT32_MAX);
    CU_ASSERT_EQUAL(limit_asked(""), LIST_PAGE_MAX);
    fake_close();
}

static void test_a_page_after_what_is_no_id_is_refused(void)
{
    open_gate();
    ask(1, "../etc", 0);
    CU_ASSERT(fake_is_refused(client, 1, STATUS_INVALID_ARGUMENT, fault_name(FAULT_KEY_ID)) && fake_is_quiet());
    fake_close();
}

static void test_keys_that_nobody_has_opened_are_listed_as_unverified(void)
{
    open_gate();
    ask(1, "", 0);
    begin_page(true);
    add_entry("first", first.sealed, first.length);
    CU_ASSERT(send_page());
    UNIT_NEED(fake_is_result(client, 1, OPERATION_LIST_KEYS) && client->response.list_keys.key_count == 1);
    const struct key_info *key = client->response.list_keys.keys;
    CU_ASSERT(client->response.list_keys.more && key->unverified && strcmp(key->id, "first") == 0);
    CU_ASSERT(strcmp(key->algorithm, "ec-p256") == 0 && key->public_key.length == first.public.spki_length);
    fake_close();
}

static void test_keys_that_a_vault_has_opened_are_listed_as_it_opened_them(void)
{
    open_gate();
    CU_ASSERT(fake_prepare_key(client, &first));
    ask(1, "", 0);
    begin_page(false);
    add_entry("first", "garbage by this time", 20);
    add_entry("second", second.sealed, second.length);
    CU_ASSERT(send_page());
    UNIT_NEED(fake_is_result(client, 1, OPERATION_LIST_KEYS) && client->response.list_keys.key_count == 2);
    const struct key_info *keys = client->response.list_keys.keys;
    CU_ASSERT(!keys[0].unverified && strcmp(keys[0].algorithm, "ec-p256") == 0 && !client->response.list_keys.more);
    CU_ASSERT_STRING_EQUAL(keys[0].fault, "KEY_CORRUPT");
    CU_ASSERT_STRING_EQUAL(keys[1].fault, "");
    CU_ASSERT(keys[1].unverified && strcmp(keys[1].id, "second") == 0 && strcmp(keys[1].algorithm, "ed25519") == 0);
    fake_close();
}

static void test_a_file_that_cannot_be_used_is_listed_with_its_fault(void)
{
    struct list_entry entry = { .id = "closed", .fault = FAULT_FILE_MODE };
    open_gate();
    ask(1, "", 0);
    begin_page(false);
    add_entry("broken", "no key at all, whoever wrote it", 30);
    memcpy(page + page_length, &entry, sizeof entry);
    page_length += sizeof entry;
    CU_ASSERT(send_page());
    UNIT_NEED(fake_is_result(client, 1, OPERATION_LIST_KEYS) && client->response.list_keys.key_count == 2);
    const struct key_info *keys = client->response.list_keys.keys;
    CU_ASSERT(strcmp(keys[0].fault, "KEY_CORRUPT") == 0 && strcmp(keys[1].fault, "FILE_MODE") == 0);
    CU_ASSERT(strcmp(keys[0].id, "broken") == 0 && keys[0].public_key.length == 0 && keys[0].unverified);
    CU_ASSERT(damage_has(&gate.damage, FAULT_KEY_CORRUPT) && damage_has(&gate.damage, FAULT_FILE_MODE));
    fake_close();
}

/* What the gate knows of a key goes when the list shows another key under the id. */
static void test_a_key_that_was_made_again_is_listed_as_the_file_has_it(void)
{
    static struct fake_key again;
    open_gate();
    fake_make_key(&again, "first", ALGORITHM_ED25519, 9);
    CU_ASSERT(fake_prepare_key(client, &first));
    ask(1, "", 0);
    begin_page(false);
    add_entry("first", again.sealed, again.length);
    CU_ASSERT(send_page());
    UNIT_NEED(fake_is_result(client, 1, OPERATION_LIST_KEYS) && client->response.list_keys.key_count == 1);
    const struct key_info *key = client->response.list_keys.keys;
    CU_ASSERT(key->unverified && strcmp(key->algorithm, "ed25519") == 0 && key->fault[0] == '\0');
    CU_ASSERT(fake_done(0, MESSAGE_FORGET));
    fake_close();
}

/* The file's name is the key's: what the file says its name is does not count. */
static void test_a_file_under_another_name_is_listed_under_the_files_name(void)
{
    open_gate();
    ask(1, "", 0);
    begin_page(false);
    add_entry("renamed", first.sealed, first.length);
    CU_ASSERT(send_page());
    UNIT_NEED(fake_is_result(client, 1, OPERATION_LIST_KEYS) && client->response.list_keys.key_count == 1);
    CU_ASSERT(strcmp(client->response.list_keys.keys[0].id, "renamed") == 0);
    fake_close();
}

static void test_a_file_that_is_garbage_is_listed_by_its_name_alone(void)
{
    open_gate();
    ask(1, "", 0);
    begin_page(false);
    add_entry("bad", "garbage", 7);
    add_entry("empty", "", 0);
    CU_ASSERT(send_page());
    UNIT_NEED(fake_is_result(client, 1, OPERATION_LIST_KEYS) && client->response.list_keys.key_count == 2);
    const struct key_info *keys = client->response.list_keys.keys;
    CU_ASSERT(keys[0].unverified && strcmp(keys[0].id, "bad") == 0 && keys[0].public_key.length == 0);
    CU_ASSERT(keys[1].unverified && strcmp(keys[1].id, "empty") == 0);
    fake_close();
}

static void test_an_entry_that_is_longer_than_the_answer_ends_the_page(void)
{
    struct list_entry entry = { .length = UINT32_MAX };
    open_gate();
    ask(1, "", 0);
    begin_page(false);
    add_entry("first", first.sealed, first.length);
    memcpy(entry.id, "liar", 4);
    memcpy(page + page_length, &entry, sizeof entry);
    page_length += sizeof entry;
    CU_ASSERT(send_page() && fake_is_result(client, 1, OPERATION_LIST_KEYS));
    CU_ASSERT(client->response.list_keys.key_count == 1);
    fake_close();
}

static void test_more_entries_than_were_asked_for_are_left_out(void)
{
    open_gate();
    ask(1, "", 1);
    begin_page(true);
    add_entry("first", first.sealed, first.length);
    add_entry("second", second.sealed, second.length);
    CU_ASSERT(send_page() && fake_is_result(client, 1, OPERATION_LIST_KEYS));
    CU_ASSERT(client->response.list_keys.key_count == 1);
    fake_close();
}

static void test_a_whole_page_fits_into_one_answer(void)
{
    char id[16];
    open_gate();
    ask(1, "", 0);
    begin_page(true);
    for (unsigned i = 0; i < LIST_PAGE_MAX; i++) {
        snprintf(id, sizeof id, "key-%03u", i);
        add_entry(id, first.sealed, first.length);
    }
    CU_ASSERT(send_page() && fake_is_result(client, 1, OPERATION_LIST_KEYS));
    CU_ASSERT(client->response.list_keys.key_count == LIST_PAGE_MAX);
    CU_ASSERT(strcmp(client->response.list_keys.keys[LIST_PAGE_MAX - 1].id, "key-099") == 0);
    fake_close();
}

static void test_an_answer_without_a_head_is_refused(void)
{
    open_gate();
    ask(1, "", 0);
    CU_ASSERT(fake_done(FAKE_STORE, MESSAGE_LIST) && fake_is_refused(client, 1, STATUS_INTERNAL, "STORE_IO"));
    ask(2, "", 0);
    CU_ASSERT(fake_fault(FAKE_STORE, MESSAGE_LIST, FAULT_FILE_MODE));
    CU_ASSERT(fake_is_refused(client, 2, STATUS_FAILED_PRECONDITION, "FILE_MODE"));
    fake_close();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_page_is_asked_for_after_an_id_and_within_the_limit),
        UNIT_TEST(test_a_page_after_what_is_no_id_is_refused),
        UNIT_TEST(test_keys_that_nobody_has_opened_are_listed_as_unverified),
        UNIT_TEST(test_keys_that_a_vault_has_opened_are_listed_as_it_opened_them),
        UNIT_TEST(test_a_file_that_cannot_be_used_is_listed_with_its_fault),
        UNIT_TEST(test_a_key_that_was_made_again_is_listed_as_the_file_has_it),
        UNIT_TEST(test_a_file_under_another_name_is_listed_under_the_files_name),
        UNIT_TEST(test_a_file_that_is_garbage_is_listed_by_its_name_alone),
        UNIT_TEST(test_an_entry_that_is_longer_than_the_answer_ends_the_page),
        UNIT_TEST(test_more_entries_than_were_asked_for_are_left_out),
        UNIT_TEST(test_a_whole_page_fits_into_one_answer),
        UNIT_TEST(test_an_answer_without_a_head_is_refused),
    };
    if (!secret_start())
        return 1;
    fake_make_key(&first, "first", ALGORITHM_EC_P256, 1);
    fake_make_key(&second, "second", ALGORITHM_ED25519, 2);
    return UNIT_RUN("list_keys", tests);
}
