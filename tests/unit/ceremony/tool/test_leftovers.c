/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/leftovers.h"

#include <sys/file.h>

#include "tests/unit/said.h"

#define ABANDONED ".tmp-0123456789abcdef"
#define LIVING ".tmp-fedcba9876543210"

static void test_cards_shares_and_abandoned_files_are_named_and_nothing_else(void)
{
    static const char *const there[] = { "card-2.pdf",     "card-2.txt", "share-1-2.txt", ABANDONED,
                                         "set-record.txt", "card.pdf",   "notes",         LIVING };
    for (size_t i = 0; i < UNIT_COUNT(there); i++)
        CU_ASSERT(unit_write(unit_path(there[i]), "x", 1, 0600));
    int dir = open(unit_directory, O_RDONLY | O_DIRECTORY), living = open(unit_path(LIVING), O_RDONLY);
    UNIT_NEED(dir >= 0 && living >= 0 && flock(living, LOCK_EX | LOCK_NB) == 0);
    said_begin();
    leftovers_name(dir, "/place");
    (void)said_end(true);
    for (size_t i = 0; i < UNIT_COUNT(there); i++) {
        char path[64];
        snprintf(path, sizeof path, "/place/%s was left", there[i]);
        CU_ASSERT((strstr(said, path) != NULL) == (i < 4));
        CU_ASSERT(unit_exists(unit_path(there[i])) == (i != 3));
    }
    close(living);
    close(dir);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_cards_shares_and_abandoned_files_are_named_and_nothing_else),
    };
    return unit_make_directory() ? UNIT_RUN("leftovers", tests) : 1;
}
