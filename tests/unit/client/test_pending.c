/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pending.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static struct pending_table table;

static void test_ids_are_used_once(void)
{
    pending_table_init(&table, 0);
    struct pending *first = pending_new(&table);
    uint64_t id = first->id;
    CU_ASSERT(id > 0 && pending_find(&table, id) == first);
    pending_release(&table, first);
    CU_ASSERT_PTR_NULL(pending_find(&table, id));
    struct pending *again = pending_new(&table);
    CU_ASSERT_PTR_EQUAL(again, first);
    CU_ASSERT(again->id != id && pending_find(&table, id) == NULL);
    CU_ASSERT_PTR_NULL(pending_find(&table, 0));
    CU_ASSERT_PTR_NULL(pending_find(&table, UINT64_MAX));
    pending_release(&table, again);
    pending_table_free(&table);
}

static void test_ids_go_on_after_a_fork(void)
{
    struct pending_table child;
    pending_table_init(&table, 0);
    uint64_t id = pending_new(&table)->id;
    pending_table_init(&child, table.sequence);
    CU_ASSERT_PTR_NULL(pending_find(&child, id));
    CU_ASSERT(pending_new(&child)->id != id);
    CU_ASSERT_PTR_NULL(pending_find(&child, id));
    pending_table_free(&child);
    pending_table_free(&table);
}

static void test_a_table_that_is_full_gives_no_more(void)
{
    static struct pending *slots[PENDING_MAX];
    pending_table_init(&table, 0);
    for (int i = 0; i < PENDING_MAX; i++) {
        slots[i] = pending_new(&table);
        CU_ASSERT_FATAL(slots[i] != NULL);
    }
    CU_ASSERT_PTR_NULL(pending_new(&table));
    CU_ASSERT_EQUAL(table.used, PENDING_MAX);
    int lost = 0;
    for (int i = 0; i < PENDING_MAX; i++)
        lost += pending_find(&table, slots[i]->id) != slots[i];
    CU_ASSERT_EQUAL(lost, 0);
    pending_release(&table, slots[77]);
    CU_ASSERT_PTR_EQUAL(pending_new(&table), slots[77]);
    pending_table_free(&table);
}

static void test_a_frame_is_kept_whether_short_or_long(void)
{
    static uint8_t bytes[70000];
    pending_table_init(&table, 0);
    struct pending *pending = pending_new(&table);
    struct request request = {
        .operation = OPERATION_SIGN,
        .sign = { .id = "ca", .scheme = 3, .hash = 1, .kind = SIGN_INPUT_DIGEST, .input = { bytes, 64 } }
    };
    CU_ASSERT(pending_encode(pending, &request));
    CU_ASSERT_EQUAL(request.id, pending->id);
    CU_ASSERT_PTR_EQUAL(pending_request(pending).data, pending->request_bytes);
    pending_release(&table, pending);
    pending = pending_new(&table);
    request.sign.input.length = sizeof bytes;
    CU_ASSERT(pending_encode(pending, &request));
    CU_ASSERT(pending_request(pending).length > sizeof bytes);
    bytes[0] = 1;
    CU_ASSERT(pending_store(pending, (struct slice){ bytes, PENDING_ANSWER_INLINE }));
    CU_ASSERT_PTR_EQUAL(pending_answer(pending).data, pending->answer_bytes);
    CU_ASSERT(pending_store(pending, (struct slice){ bytes, sizeof bytes }));
    CU_ASSERT(pending_answer(pending).length == sizeof bytes && pending_answer(pending).data[0] == 1);
    pending_release(&table, pending);
    pending_table_free(&table);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("pending", NULL, NULL);
    CU_ADD_TEST(suite, test_ids_are_used_once);
    CU_ADD_TEST(suite, test_ids_go_on_after_a_fork);
    CU_ADD_TEST(suite, test_a_table_that_is_full_gives_no_more);
    CU_ADD_TEST(suite, test_a_frame_is_kept_whether_short_or_long);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
