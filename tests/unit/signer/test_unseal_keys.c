/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/unseal_keys.h"

#include <limits.h>

#include "tests/unit/unit.h"

static struct unseal_file file = {
    .keystore_id = { 1 }, .started = 1795254051, .vault_count = 2, .vaults = { { 1 }, { 2 } }
};
static uint8_t text[4096];

static bool reads_back(const char *path)
{
    struct unseal_file back;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    return length > 0 && unseal_file_parse(text, (size_t)length, &back) == FAULT_NONE
        && memcmp(back.vaults, file.vaults, 2 * UNSEAL_KEY_SIZE) == 0;
}

static bool is_tidy(const char *name)
{
    char temporary[UNIT_PATH + 32];
    snprintf(temporary, sizeof temporary, "%s.%d", unit_path(name), (int)getpid());
    return !unit_exists(temporary);
}

static void publish_needed(void)
{
    unseal_keys_publish(&file, unit_path("none/s.sock"), true);
}

static void publish_not_needed(void)
{
    unseal_keys_publish(&file, unit_path("none/s.sock"), false);
}

static void test_the_file_may_be_read_by_all_whatever_the_umask(void)
{
    umask(0077);
    unseal_keys_publish(&file, unit_path("a.sock"), true);
    umask(0);
    unseal_keys_publish(&file, unit_path("b.sock"), true);
    CU_ASSERT(unit_mode(unit_path("a.sock.unseal")) == 0644 && reads_back(unit_path("a.sock.unseal")));
    CU_ASSERT(unit_mode(unit_path("b.sock.unseal")) == 0644 && reads_back(unit_path("b.sock.unseal")));
    CU_ASSERT(is_tidy("a.sock.unseal") && is_tidy("b.sock.unseal"));
}

static void test_what_lies_there_is_replaced_and_a_link_not_followed(void)
{
    CU_ASSERT(unit_write(unit_path("old.sock.unseal"), "old", 3, 0666));
    unseal_keys_publish(&file, unit_path("old.sock"), true);
    CU_ASSERT(unit_mode(unit_path("old.sock.unseal")) == 0644 && reads_back(unit_path("old.sock.unseal")));
    CU_ASSERT(unit_write(unit_path("victim"), "victim", 6, 0600));
    CU_ASSERT(symlink(unit_path("victim"), unit_path("link.sock.unseal")) == 0);
    unseal_keys_publish(&file, unit_path("link.sock"), true);
    CU_ASSERT(unit_holds(unit_path("victim"), "victim", 6) && reads_back(unit_path("link.sock.unseal")));
}

static void test_a_place_that_cannot_be_written_ends_the_signer_where_the_file_is_needed(void)
{
    CU_ASSERT(unit_exit_of(publish_needed) == 1);
    CU_ASSERT(unit_exit_of(publish_not_needed) == 0);
    CU_ASSERT(mkdir(unit_path("dir.sock.unseal"), 0700) == 0);
    unseal_keys_publish(&file, unit_path("dir.sock"), false);
    CU_ASSERT(is_tidy("dir.sock.unseal"));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_file_may_be_read_by_all_whatever_the_umask),
        UNIT_TEST(test_what_lies_there_is_replaced_and_a_link_not_followed),
        UNIT_TEST(test_a_place_that_cannot_be_written_ends_the_signer_where_the_file_is_needed),
    };
    if (!unit_make_directory())
        return 1;
    int code = UNIT_RUN("unseal_keys", tests);
    unit_remove_directory();
    return code;
}
