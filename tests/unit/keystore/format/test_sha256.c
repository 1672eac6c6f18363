/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/sha256.h"

#include "tests/unit/unit.h"

enum { MILLION = 1000 * 1000 };

/* FIPS 180-4 and its examples; the last one was made with Python's hashlib. */
static const struct {
    const char *message, *digest;
} known[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
      "mnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};
static const char million[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
static uint8_t many[MILLION];

static bool is(const uint8_t *digest, const char *expected)
{
    uint8_t bytes[SHA256_SIZE];
    return unit_hex(expected, bytes, sizeof bytes) == sizeof bytes && memcmp(digest, bytes, sizeof bytes) == 0;
}

static void test_known_hashes_are_computed(void)
{
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT];
    for (size_t i = 0; i < UNIT_COUNT(known); i++) {
        sha256(known[i].message, strlen(known[i].message), digest);
        sha256_text(known[i].message, strlen(known[i].message), text);
        CU_ASSERT(is(digest, known[i].digest) && strcmp(text, known[i].digest) == 0);
    }
    sha256(many, MILLION, digest);
    CU_ASSERT(is(digest, million));
}

static void hash_file(const char *path, char out[static SHA256_TEXT])
{
    uint8_t digest[SHA256_SIZE] = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT(fd >= 0 && sha256_of_descriptor(fd, digest));
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    close(fd);
}

static void test_a_file_has_the_hash_of_its_content(void)
{
    char text[SHA256_TEXT];
    for (size_t i = 0; i < UNIT_COUNT(known); i++) {
        CU_ASSERT(unit_write(unit_path("file"), known[i].message, strlen(known[i].message), 0600));
        hash_file(unit_path("file"), text);
        CU_ASSERT(strcmp(text, known[i].digest) == 0);
    }
    CU_ASSERT(unit_write(unit_path("file"), many, MILLION, 0600));
    hash_file(unit_path("file"), text);
    CU_ASSERT(strcmp(text, million) == 0);
}

static void test_a_file_that_cannot_be_read_has_no_hash(void)
{
    uint8_t digest[SHA256_SIZE];
    int directory = open(unit_directory, O_RDONLY | O_CLOEXEC);
    CU_ASSERT(!sha256_of_descriptor(directory, digest));
    close(directory);
}

static void test_a_descriptor_has_the_hash_of_what_is_left(void)
{
    uint8_t digest[SHA256_SIZE];
    int fd = open(unit_path("left"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    UNIT_NEED(fd >= 0 && write(fd, "xyzabc", 6) == 6 && lseek(fd, 3, SEEK_SET) == 3);
    CU_ASSERT(sha256_of_descriptor(fd, digest) && is(digest, known[1].digest));
    CU_ASSERT(sha256_of_descriptor(fd, digest) && is(digest, known[0].digest));
    close(fd);
    CU_ASSERT(!sha256_of_descriptor(fd, digest));
}

/* Pieces of a pipe come one by one. */
static void test_a_pipe_has_the_hash_of_all_that_comes(void)
{
    uint8_t digest[SHA256_SIZE];
    int ends[2];
    UNIT_NEED(pipe2(ends, O_CLOEXEC) == 0);
    pid_t child = fork();
    if (child == 0) {
        for (size_t at = 0; at < MILLION; at += 1000)
            if (write(ends[1], many + at, 1000) != 1000)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    CU_ASSERT(sha256_of_descriptor(ends[0], digest) && is(digest, million));
    close(ends[0]);
    CU_ASSERT(unit_wait(child) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_known_hashes_are_computed),
        UNIT_TEST(test_a_file_has_the_hash_of_its_content),
        UNIT_TEST(test_a_file_that_cannot_be_read_has_no_hash),
        UNIT_TEST(test_a_descriptor_has_the_hash_of_what_is_left),
        UNIT_TEST(test_a_pipe_has_the_hash_of_all_that_comes),
    };
    memset(many, 'a', sizeof many);
    int result = unit_make_directory() ? UNIT_RUN("sha256", tests) : 1;
    unit_remove_directory();
    return result;
}
