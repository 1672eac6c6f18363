/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/kek_file.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static uint8_t raw[KEK_SIZE];
static struct kek *kek;

static bool prepare(void)
{
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)i;
    if (!arena_open(ARENA_MIN) || !secret_start() || !unit_make_directory())
        return false;
    kek = arena_alloc(sizeof *kek);
    return kek && unit_write(unit_path("kek"), raw, sizeof raw, 0600);
}

static bool was_read(void)
{
    return memcmp(kek->key, raw, sizeof raw) == 0;
}

static enum fault read_source(const char *source)
{
    memset(kek, 0, sizeof *kek);
    return kek_file_read(source, kek);
}

/* -- reading -- */

static void test_a_kek_is_read_from_its_path(void)
{
    size_t before = arena_available();
    CU_ASSERT(read_source(unit_path("kek")) == FAULT_NONE && was_read());
    CU_ASSERT(read_source(unit_path("absent")) == FAULT_KEK_MISSING);
    CU_ASSERT(read_source(unit_path("kek/below")) == FAULT_KEK_MISSING);
    CU_ASSERT(read_source("") == FAULT_KEK_MISSING);
    CU_ASSERT(arena_available() == before);
}

static void test_a_kek_file_that_others_may_use_is_refused(void)
{
    static const mode_t closed[] = { 0600, 0400, 0700 };
    static const mode_t open_to_others[] = { 0640, 0620, 0610, 0604, 0602, 0601, 0666 };
    const char *path = unit_path("mode");
    for (size_t i = 0; i < UNIT_COUNT(closed); i++) {
        CU_ASSERT(unit_write(path, raw, sizeof raw, closed[i]));
        CU_ASSERT(read_source(path) == FAULT_NONE);
        unlink(path);
    }
    for (size_t i = 0; i < UNIT_COUNT(open_to_others); i++) {
        CU_ASSERT(unit_write(path, raw, sizeof raw, open_to_others[i]));
        CU_ASSERT(read_source(path) == FAULT_FILE_MODE && !was_read());
        unlink(path);
    }
}

static void test_what_is_no_regular_file_is_no_kek_file(void)
{
    CU_ASSERT(mkfifo(unit_path("fifo"), 0600) == 0);
    CU_ASSERT(read_source(unit_path("fifo")) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(symlink("kek", unit_path("symlink")) == 0);
    CU_ASSERT(read_source(unit_path("symlink")) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(mkdir(unit_path("directory"), 0700) == 0);
    CU_ASSERT(read_source(unit_path("directory")) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(read_source("/dev/zero") == FAULT_FILE_IRREGULAR);
}

static void test_a_socket_is_no_file(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%.64s/socket", unit_directory);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    CU_ASSERT(read_source(address.sun_path) == FAULT_FILE_IRREGULAR);
    close(fd);
}

static void test_a_kek_file_of_a_foreign_owner_is_refused(void)
{
    if (geteuid() != 0)
        return;
    const char *path = unit_path("foreign");
    CU_ASSERT(unit_write(path, raw, sizeof raw, 0600) && chown(path, 65534, 65534) == 0);
    CU_ASSERT(read_source(path) == FAULT_FILE_OWNER);
}

static void test_a_kek_file_with_wrong_content_is_refused(void)
{
    static const uint8_t large[KEK_FILE_MAX + 1] = "SIGNRPKE";
    CU_ASSERT(unit_write(unit_path("short"), raw, 31, 0600));
    CU_ASSERT(read_source(unit_path("short")) == FAULT_KEK_MALFORMED);
    CU_ASSERT(unit_write(unit_path("protected"), large, 100, 0600));
    CU_ASSERT(read_source(unit_path("protected")) == FAULT_KEK_PROTECTED);
    CU_ASSERT(unit_write(unit_path("empty"), raw, 0, 0600));
    CU_ASSERT(read_source(unit_path("empty")) == FAULT_KEK_MALFORMED);
}

/* -- descriptors -- */

static void test_a_descriptor_that_is_no_number_is_no_source(void)
{
    static const char *const none[] = {
        "fd:", "fd:x", "fd:1x",           "fd:-1", "fd:99999999999999999999", "fd:4294967296", "3",
        "kek", "FD:3", "credential:fd:3", ""
    };
    CU_ASSERT(kek_file_descriptor("fd:0") == 0 && kek_file_descriptor("fd:17") == 17);
    for (size_t i = 0; i < UNIT_COUNT(none); i++)
        CU_ASSERT(kek_file_descriptor(none[i]) == -1);
    CU_ASSERT(read_source("fd:x") == FAULT_KEK_MISSING);
    CU_ASSERT(read_source("fd:987") == FAULT_KEK_MISSING);
}

static void test_a_kek_is_read_from_a_descriptor(void)
{
    char source[32];
    int ends[2];
    UNIT_NEED(pipe2(ends, O_CLOEXEC) == 0);
    CU_ASSERT(write(ends[1], raw, 10) == 10 && write(ends[1], raw + 10, 22) == 22);
    close(ends[1]);
    snprintf(source, sizeof source, "fd:%d", ends[0]);
    CU_ASSERT(read_source(source) == FAULT_NONE && was_read());
    close(ends[0]);
}

/* -- credentials -- */

static void test_a_kek_is_read_from_a_credential(void)
{
    CU_ASSERT(unsetenv("CREDENTIALS_DIRECTORY") == 0);
    CU_ASSERT(read_source("credential:kek") == FAULT_KEK_MISSING);
    CU_ASSERT(setenv("CREDENTIALS_DIRECTORY", unit_directory, 1) == 0);
    CU_ASSERT(read_source("credential:kek") == FAULT_NONE && was_read());
    CU_ASSERT(read_source("credential:absent") == FAULT_KEK_MISSING);
    CU_ASSERT(read_source("credential:") == FAULT_KEK_MISSING);
    CU_ASSERT(read_source("credential:../kek") == FAULT_KEK_MISSING);
    CU_ASSERT(read_source("credential:./kek") == FAULT_KEK_MISSING);
}

static void test_a_credential_may_be_readable_for_its_group_alone(void)
{
    const char *path = unit_path("credential");
    CU_ASSERT(setenv("CREDENTIALS_DIRECTORY", unit_directory, 1) == 0);
    CU_ASSERT(unit_write(path, raw, sizeof raw, 0440));
    CU_ASSERT(read_source("credential:credential") == FAULT_NONE && was_read());
    CU_ASSERT(read_source(path) == FAULT_FILE_MODE);
    CU_ASSERT(chmod(path, 0444) == 0);
    CU_ASSERT(read_source("credential:credential") == FAULT_FILE_MODE);
    CU_ASSERT(unlink(path) == 0 && symlink("kek", path) == 0);
    CU_ASSERT(read_source("credential:credential") == FAULT_FILE_IRREGULAR);
}

/* -- apart from the keystore -- */

static void make_keystore(void)
{
    CU_ASSERT(mkdir(unit_path("ks"), 0700) == 0 && mkdir(unit_path("ks/keys"), 0700) == 0);
    CU_ASSERT(mkdir(unit_path("ks2"), 0700) == 0);
    CU_ASSERT(symlink("ks", unit_path("link")) == 0);
    CU_ASSERT(unit_write(unit_path("ks/kek"), raw, sizeof raw, 0600));
    CU_ASSERT(symlink("ks/kek", unit_path("link-to-kek")) == 0);
}

static void test_a_source_that_is_there_is_told_from_one_that_is_not(void)
{
    char source[16];
    int fd = open("/dev/null", O_RDONLY);
    snprintf(source, sizeof source, "fd:%d", fd);
    CU_ASSERT(kek_file_exists(source) == FAULT_NONE);
    close(fd);
    CU_ASSERT(kek_file_exists(source) == FAULT_KEK_MISSING);
    CU_ASSERT(kek_file_exists("fd:x") == FAULT_KEK_MISSING);
    CU_ASSERT(kek_file_exists("/dev/null") == FAULT_NONE);
    CU_ASSERT(kek_file_exists("/nowhere/at/all") == FAULT_KEK_MISSING);
    CU_ASSERT(kek_file_exists("credential:a/b") == FAULT_KEK_MISSING);
}

static void test_a_source_inside_the_keystore_is_found_out(void)
{
    static const char *const inside[] = { "ks/kek",      "ks/absent",    "ks/keys/absent",   "link/kek", "link/absent",
                                          "link-to-kek", "ks/../ks/kek", "ks2/../ks/absent", "ks" };
    make_keystore();
    for (size_t i = 0; i < UNIT_COUNT(inside); i++) {
        CU_ASSERT(kek_file_is_apart(unit_path(inside[i]), unit_path("ks")) == FAULT_KEK_INSIDE_KEYSTORE);
        CU_ASSERT(kek_file_is_apart(unit_path(inside[i]), unit_path("link")) == FAULT_KEK_INSIDE_KEYSTORE);
    }
    CU_ASSERT(kek_file_is_apart("/etc/absent", "/") == FAULT_KEK_INSIDE_KEYSTORE);
}

static void test_a_source_outside_the_keystore_is_not_taken_for_one_inside(void)
{
    static const char *const outside[] = { "kek", "absent", "ks2/kek", "ks2/absent", "ks.kek", "no/such/path" };
    for (size_t i = 0; i < UNIT_COUNT(outside); i++)
        CU_ASSERT(kek_file_is_apart(unit_path(outside[i]), unit_path("ks")) == FAULT_NONE);
    CU_ASSERT(kek_file_is_apart(unit_path("ks/kek"), unit_path("no-keystore")) == FAULT_NONE);
}

static void test_a_source_inside_the_keystore_by_another_name_is_found_out(void)
{
    char source[32];
    int fd = open(unit_path("ks/kek"), O_RDONLY | O_CLOEXEC);
    snprintf(source, sizeof source, "fd:%d", fd);
    CU_ASSERT(kek_file_is_apart(source, unit_path("ks")) == FAULT_KEK_INSIDE_KEYSTORE);
    CU_ASSERT(kek_file_is_apart(source, unit_path("ks2")) == FAULT_NONE);
    close(fd);
    CU_ASSERT(setenv("CREDENTIALS_DIRECTORY", unit_path("ks"), 1) == 0);
    CU_ASSERT(kek_file_is_apart("credential:kek", unit_path("ks")) == FAULT_KEK_INSIDE_KEYSTORE);
    CU_ASSERT(chdir(unit_path("ks")) == 0);
    CU_ASSERT(kek_file_is_apart("kek", unit_path("ks")) == FAULT_KEK_INSIDE_KEYSTORE);
    CU_ASSERT(kek_file_is_apart("absent", ".") == FAULT_KEK_INSIDE_KEYSTORE);
    CU_ASSERT(chdir("/") == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_kek_is_read_from_its_path),
        UNIT_TEST(test_a_kek_file_that_others_may_use_is_refused),
        UNIT_TEST(test_what_is_no_regular_file_is_no_kek_file),
        UNIT_TEST(test_a_socket_is_no_file),
        UNIT_TEST(test_a_kek_file_of_a_foreign_owner_is_refused),
        UNIT_TEST(test_a_kek_file_with_wrong_content_is_refused),
        UNIT_TEST(test_a_descriptor_that_is_no_number_is_no_source),
        UNIT_TEST(test_a_kek_is_read_from_a_descriptor),
        UNIT_TEST(test_a_kek_is_read_from_a_credential),
        UNIT_TEST(test_a_credential_may_be_readable_for_its_group_alone),
        UNIT_TEST(test_a_source_that_is_there_is_told_from_one_that_is_not),
        UNIT_TEST(test_a_source_inside_the_keystore_is_found_out),
        UNIT_TEST(test_a_source_outside_the_keystore_is_not_taken_for_one_inside),
        UNIT_TEST(test_a_source_inside_the_keystore_by_another_name_is_found_out),
    };
    int result = prepare() ? UNIT_RUN("kek_file", tests) : 1;
    unit_remove_directory();
    return result;
}
