/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/sessions.h"

#include "tests/unit/unit.h"

static struct sessions sessions;

static CK_SESSION_HANDLE open_one(void)
{
    CK_SESSION_HANDLE handle = 0;
    CU_ASSERT_EQUAL(sessions_open(&sessions, true, &handle), CKR_OK);
    return handle;
}

static void test_a_handle_is_never_used_twice(void)
{
    CK_SESSION_HANDLE first = open_one(), second = open_one();
    CU_ASSERT(first != 0 && second != 0 && first != second);
    CU_ASSERT(sessions_close(&sessions, first));
    CU_ASSERT_FALSE(sessions_close(&sessions, first));
    CU_ASSERT_PTR_NULL(sessions_find(&sessions, first));
    CU_ASSERT(sessions_find(&sessions, second)->writes);
    sessions_close_all(&sessions);
    CU_ASSERT(open_one() > second);
    sessions_close_all(&sessions);
    CU_ASSERT_PTR_NULL(sessions_find(&sessions, second));
    CU_ASSERT_PTR_NULL(sessions_find(&sessions, ~0ul));
}

static void test_there_are_so_many_sessions_and_no_more(void)
{
    CK_SESSION_HANDLE handle;
    for (int i = 0; i < SESSIONS_MAX; i++)
        (void)open_one();
    CU_ASSERT_EQUAL(sessions_open(&sessions, false, &handle), CKR_SESSION_COUNT);
    sessions_close_all(&sessions);
    (void)open_one();
    sessions_close_all(&sessions);
}

static void test_closing_frees_what_a_search_found(void)
{
    struct session *session = sessions_find(&sessions, open_one());
    session->found = calloc(4, sizeof *session->found);
    session->found_count = 4;
    session->searches = true;
    sessions_end_search(session);
    CU_ASSERT(!session->searches && !session->found && session->found_count == 0);
    session->found = calloc(4, sizeof *session->found);
    sessions_close_all(&sessions); /* the sanitizer looks */
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_handle_is_never_used_twice),
        UNIT_TEST(test_there_are_so_many_sessions_and_no_more),
        UNIT_TEST(test_closing_frees_what_a_search_found),
    };
    return UNIT_RUN("sessions", tests);
}
