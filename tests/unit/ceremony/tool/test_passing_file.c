/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/passing_file.h"

#include "keystore/memory/secret.h"
#include "tests/unit/ceremony/tool/without_unnamed_files.h"
#include "tests/unit/unit.h"

static const uint8_t words[] = "academic acid acrobat";
static int dir;

static bool prepare(void)
{
    if (!secret_start() || !unit_make_directory())
        return false;
    dir = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir >= 0;
}

static void test_a_file_is_there_until_it_is_removed(void)
{
    struct passing_file file;
    UNIT_NEED(passing_file_make(&file, dir, "card", words, sizeof words) == FAULT_NONE);
    CU_ASSERT(unit_holds(unit_path("card"), words, sizeof words) && unit_mode(unit_path("card")) == 0600);
    CU_ASSERT(passing_file_remove(&file) && !unit_exists(unit_path("card")));
}

/* In a child that is killed with its file in place. */
static bool make_and_be_killed(const char *name, bool named)
{
    int ends[2], status = -1;
    char byte;
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        struct passing_file file;
        bool made = (!named || forbid_unnamed_files())
            && passing_file_make(&file, dir, name, words, sizeof words) == FAULT_NONE && unit_exists(unit_path(name));
        if (made)
            (void)!write(ends[1], "m", 1);
        for (;;)
            pause();
    }
    close(ends[1]);
    bool made = read(ends[0], &byte, 1) == 1;
    kill(child, SIGKILL);
    bool killed = waitpid(child, &status, 0) == child && WIFSIGNALED(status);
    close(ends[0]);
    return made && killed;
}

static bool goes_away(const char *path)
{
    for (int i = 0; i < 6000 && unit_exists(path); i++)
        usleep(10000);
    return !unit_exists(path);
}

static void test_a_file_goes_away_with_a_process_that_is_killed(void)
{
    CU_ASSERT(make_and_be_killed("killed", false) && goes_away(unit_path("killed")));
}

static void test_so_does_one_where_there_are_no_unnamed_files(void)
{
    CU_ASSERT(make_and_be_killed("named", true) && goes_away(unit_path("named")));
}

static void test_another_file_of_that_name_stays(void)
{
    struct passing_file file;
    CU_ASSERT(unit_write(unit_path("taken"), "old", 3, 0640));
    CU_ASSERT(passing_file_make(&file, dir, "taken", words, sizeof words) == FAULT_FILE_EXISTS);
    CU_ASSERT(unit_holds(unit_path("taken"), (const uint8_t *)"old", 3));
    UNIT_NEED(passing_file_make(&file, dir, "moved", words, sizeof words) == FAULT_NONE);
    CU_ASSERT(rename(unit_path("taken"), unit_path("moved")) == 0);
    CU_ASSERT(passing_file_remove(&file) && unit_holds(unit_path("moved"), (const uint8_t *)"old", 3));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_file_is_there_until_it_is_removed),
        UNIT_TEST(test_a_file_goes_away_with_a_process_that_is_killed),
        UNIT_TEST(test_so_does_one_where_there_are_no_unnamed_files),
        UNIT_TEST(test_another_file_of_that_name_stays),
    };
    return prepare() ? UNIT_RUN("passing_file", tests) : 1;
}
