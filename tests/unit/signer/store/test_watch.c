/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/store/watch.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static struct directory directory;
static struct watch *watch;
static struct key_id changed[512], plenty[4096];

static bool prepare(void)
{
    watch = watch_new();
    return watch && secret_start() && unit_make_directory()
        && directory_create(unit_path("ks"), geteuid(), getegid(), &directory) == FAULT_NONE;
}

static struct key_id named(const char *text)
{
    struct key_id id;
    CU_ASSERT(key_id_from_text(text, &id));
    return id;
}

static void write_key(const char *text, const char *content)
{
    char name[100];
    snprintf(name, sizeof name, "%s.key", text);
    CU_ASSERT(file_replace(directory.keys, name, (const uint8_t *)content, strlen(content)) == FAULT_NONE);
}

static void remember(const char *text)
{
    struct key_id id = named(text);
    struct file_identity identity;
    CU_ASSERT(directory_identify_key(&directory, &id, &identity) == FAULT_NONE);
    CU_ASSERT(watch_add(watch, &id, &identity));
}

static size_t look(void)
{
    bool more;
    size_t found = watch_look(watch, &directory, changed, UNIT_COUNT(changed), &more);
    CU_ASSERT(!more);
    return found;
}

static void expect_once(const char *text)
{
    CU_ASSERT(look() == 1 && strcmp(changed[0].text, text) == 0);
    CU_ASSERT(look() == 0);
}

static void test_a_file_that_did_not_change_is_not_told(void)
{
    CU_ASSERT(look() == 0);
    write_key("ca", "first");
    remember("ca");
    CU_ASSERT(look() == 0 && look() == 0);
}

static void test_a_file_that_was_replaced_is_told_once(void)
{
    write_key("ca", "other");
    expect_once("ca");
}

static void test_a_file_that_changed_in_place_is_told_once(void)
{
    remember("ca");
    CU_ASSERT(unit_write(unit_path("ks/keys/ca.key"), "longer than it was", 18, 0600));
    expect_once("ca");
}

static void test_a_file_that_was_removed_is_told_once(void)
{
    struct key_id id = named("ca");
    remember("ca");
    CU_ASSERT(directory_remove_key(&directory, &id) == FAULT_NONE);
    expect_once("ca");
}

static void test_a_file_that_was_read_again_is_not_told(void)
{
    write_key("ca", "first");
    remember("ca");
    write_key("ca", "second");
    remember("ca"); /* the gate may go by what it was told first: the change is still told */
    expect_once("ca");
}

/* An id is added before its file is made, so that the file cannot be there and be watched by nobody. */
static void test_a_file_that_is_made_later_is_not_told_once_it_is_said_to_be(void)
{
    struct key_id id = named("later"), never = named("never");
    struct file_identity identity = { 0 };
    CU_ASSERT(watch_add(watch, &id, &identity));
    write_key("later", "first");
    CU_ASSERT(directory_identify_key(&directory, &id, &identity) == FAULT_NONE);
    watch_made(watch, &id, &identity);
    watch_made(watch, &never, &identity);
    CU_ASSERT(look() == 0);
    write_key("later", "second");
    expect_once("later");
    identity = (struct file_identity){ 0 };
    CU_ASSERT(watch_add(watch, &id, &identity)); /* and never said to be made */
    expect_once("later");
}

/* What was read before is not taken for what was made after. */
static void test_a_change_before_a_file_was_made_anew_is_still_told(void)
{
    struct key_id id = named("ca");
    struct file_identity identity;
    write_key("ca", "first");
    remember("ca");
    write_key("ca", "second");
    CU_ASSERT(directory_identify_key(&directory, &id, &identity) == FAULT_NONE);
    watch_made(watch, &id, &identity);
    expect_once("ca");
}

static void test_many_changed_files_are_told_a_few_at_a_time(void)
{
    enum { MANY = 400 };
    static bool seen[MANY];
    char text[16];
    for (int i = 0; i < MANY; i++) {
        struct key_id id;
        snprintf(text, sizeof text, "%d", i);
        id = named(text);
        CU_ASSERT(watch_add(watch, &id, &(struct file_identity){ 1, 1, 1 }));
    }
    size_t total = 0;
    for (bool more = true; more;) {
        size_t found = watch_look(watch, &directory, changed, 7, &more);
        CU_ASSERT(found <= 7);
        for (size_t i = 0; i < found; i++, total++) {
            unsigned long number = strtoul(changed[i].text, NULL, 10);
            CU_ASSERT(number < MANY && !seen[number]);
            seen[number % MANY] = true;
        }
    }
    CU_ASSERT(total == MANY && look() == 0);
}

/* Thousands are looked at in several turns, and each of them once in a round. */
static void test_a_round_of_many_files_takes_several_turns(void)
{
    enum { MANY = 5000 };
    char text[16];
    size_t total = 0, turns = 0;
    for (int i = 0; i < MANY; i++) {
        struct key_id id;
        snprintf(text, sizeof text, "m%d", i);
        id = named(text);
        CU_ASSERT(watch_add(watch, &id, &(struct file_identity){ 1, 1, 1 }));
    }
    for (bool more = true; more; turns++)
        total += watch_look(watch, &directory, plenty, UNIT_COUNT(plenty), &more);
    CU_ASSERT(total == MANY && turns >= 2 && turns <= 6);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_file_that_did_not_change_is_not_told),
        UNIT_TEST(test_a_file_that_was_replaced_is_told_once),
        UNIT_TEST(test_a_file_that_changed_in_place_is_told_once),
        UNIT_TEST(test_a_file_that_was_removed_is_told_once),
        UNIT_TEST(test_a_file_that_was_read_again_is_not_told),
        UNIT_TEST(test_a_file_that_is_made_later_is_not_told_once_it_is_said_to_be),
        UNIT_TEST(test_a_change_before_a_file_was_made_anew_is_still_told),
        UNIT_TEST(test_many_changed_files_are_told_a_few_at_a_time),
        UNIT_TEST(test_a_round_of_many_files_takes_several_turns),
    };
    int result = prepare() ? UNIT_RUN("watch", tests) : 1;
    directory_close(&directory);
    unit_remove_directory();
    return result;
}
