/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/files/restored.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const char known[] = "signer restored 1\nkeystore a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\n"
                            "archive 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\n"
                            "made 2026-01-01T00:00:00Z\nrestored 2026-11-21T10:00:00Z\n";

static uint8_t text[RESTORED_MAX + 512];
static struct directory directory;
static struct header header;

static struct restored sample(void)
{
    struct restored mark = { .made = 1767225600, .restored = 1795255200 };
    for (unsigned i = 0; i < KEYSTORE_ID_SIZE; i++)
        mark.keystore_id[i] = (uint8_t)(0xa0 + i);
    for (unsigned i = 0; i < SHA256_SIZE; i++)
        mark.archive[i] = (uint8_t)(0x20 + i);
    return mark;
}

static bool prepare(void)
{
    static const uint8_t raw[KEK_SIZE] = { 1 }, keystore_id[KEYSTORE_ID_SIZE] = { 1 };
    struct kek kek;
    if (!secret_start() || kek_from_bytes(raw, &kek) != FAULT_NONE || !unit_make_directory())
        return false;
    header_create(&header, keystore_id, &kek, 1);
    return true;
}

/* -- the mark -- */

/* What parsing says; what is taken is made again byte by byte. */
static enum fault parse(size_t length)
{
    struct restored mark;
    uint8_t again[RESTORED_MAX];
    enum fault fault = restored_parse(text, length, &mark);
    CU_ASSERT(fault == FAULT_NONE || fault == FAULT_RECORD_CORRUPT);
    if (!fault)
        CU_ASSERT(restored_encode(&mark, again) == length && memcmp(again, text, length) == 0);
    return fault;
}

static void test_a_known_mark_is_written_and_read_byte_for_byte(void)
{
    struct restored mark = sample(), found;
    CU_ASSERT(restored_encode(&mark, text) == strlen(known) && memcmp(text, known, strlen(known)) == 0);
    UNIT_NEED(restored_parse(text, strlen(known), &found) == FAULT_NONE);
    CU_ASSERT(memcmp(found.keystore_id, mark.keystore_id, KEYSTORE_ID_SIZE) == 0 && found.made == mark.made
              && memcmp(found.archive, mark.archive, SHA256_SIZE) == 0 && found.restored == mark.restored);
}

static void test_every_flipped_bit_is_refused_or_says_something_else(void)
{
    memcpy(text, known, strlen(known));
    for (size_t bit = 0; bit < 8 * strlen(known); bit++) {
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)parse(strlen(known));
        text[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT(parse(strlen(known)) == FAULT_NONE);
}

static void test_a_mark_cut_or_lengthened_is_refused(void)
{
    memcpy(text, known, strlen(known));
    for (size_t length = 0; length < strlen(known); length++)
        CU_ASSERT(parse(length) == FAULT_RECORD_CORRUPT);
    for (unsigned byte = 0; byte < 256; byte++) {
        text[strlen(known)] = (uint8_t)byte;
        CU_ASSERT(parse(strlen(known) + 1) == FAULT_RECORD_CORRUPT);
    }
}

static void test_the_longest_mark_fits_where_it_is_read(void)
{
    struct restored mark = { .made = UINT64_MAX, .restored = 253402300799 };
    CU_ASSERT(restored_encode(&mark, text) < RESTORED_MAX);
}

/* -- in a directory -- */

static bool make(const char *name)
{
    return directory_create(unit_path(name), geteuid(), getegid(), &directory) == FAULT_NONE;
}

static bool put_mark(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "%s/restored", name);
    return unit_write(unit_path(path), known, strlen(known), 0600);
}

static void test_a_keystore_without_a_mark_is_not_restored(void)
{
    struct restored mark;
    UNIT_NEED(make("plain"));
    CU_ASSERT(!directory_is_restored(&directory) && restored_read(&directory, &mark) == FAULT_FILE_MISSING);
    CU_ASSERT(restored_accept(&directory) == FAULT_FILE_MISSING);
    CU_ASSERT(directory_read_header(&directory, &header) == FAULT_KEYSTORE_MISSING);
    directory_close(&directory);
}

static void test_a_restored_keystore_has_its_mark_until_it_is_accepted(void)
{
    struct restored mark;
    UNIT_NEED(make("marked") && directory_create_header(&directory, &header) == FAULT_NONE && put_mark("marked"));
    CU_ASSERT(directory_is_restored(&directory) && restored_read(&directory, &mark) == FAULT_NONE);
    CU_ASSERT(mark.made == sample().made && mark.restored == sample().restored);
    CU_ASSERT(restored_accept(&directory) == FAULT_NONE && !directory_is_restored(&directory));
    CU_ASSERT(!unit_exists(unit_path("marked/restored")) && restored_accept(&directory) == FAULT_FILE_MISSING);
    directory_close(&directory);
}

static void test_a_restored_keystore_makes_no_key(void)
{
    struct key_id id, other;
    UNIT_NEED(make("keyless") && directory_create_header(&directory, &header) == FAULT_NONE
              && key_id_from_text("a", &id) && key_id_from_text("b", &other));
    CU_ASSERT(directory_create_key(&directory, &id, text, 10) == FAULT_NONE && put_mark("keyless"));
    CU_ASSERT(directory_create_key(&directory, &other, text, 10) == FAULT_RESTORED);
    CU_ASSERT(!unit_exists(unit_path("keyless/keys/b.key")));
    CU_ASSERT(directory_create_key(&directory, &id, text, 10) == FAULT_KEY_EXISTS); /* that one is here */
    CU_ASSERT(directory_replace_key(&directory, &id, text, 20) == FAULT_NONE);      /* a rekey goes on */
    CU_ASSERT(directory_remove_key(&directory, &id) == FAULT_NONE);
    CU_ASSERT(directory_create_key(&directory, &id, text, 10) == FAULT_RESTORED);
    CU_ASSERT(restored_accept(&directory) == FAULT_NONE
              && directory_create_key(&directory, &other, text, 10) == FAULT_NONE);
    directory_close(&directory);
}

/* Whatever has the name is a mark: one that cannot be read must not make keys. */
static void test_a_damaged_mark_still_makes_the_keystore_a_restored_one(void)
{
    struct restored mark;
    struct key_id id;
    UNIT_NEED(make("damaged") && directory_create_header(&directory, &header) == FAULT_NONE
              && key_id_from_text("a", &id));
    CU_ASSERT(unit_write(unit_path("damaged/restored"), "", 0, 0600));
    CU_ASSERT(restored_read(&directory, &mark) == FAULT_RECORD_CORRUPT && directory_is_restored(&directory));
    CU_ASSERT(directory_create_key(&directory, &id, text, 10) == FAULT_RESTORED);
    CU_ASSERT(unlink(unit_path("damaged/restored")) == 0 && symlink("nowhere", unit_path("damaged/restored")) == 0);
    CU_ASSERT(directory_is_restored(&directory) && restored_read(&directory, &mark) == FAULT_FILE_IRREGULAR);
    CU_ASSERT(directory_create_key(&directory, &id, text, 10) == FAULT_RESTORED);
    CU_ASSERT(unlink(unit_path("damaged/restored")) == 0 && mkdir(unit_path("damaged/restored"), 0700) == 0);
    CU_ASSERT(directory_create_key(&directory, &id, text, 10) == FAULT_RESTORED);
    directory_close(&directory);
}

static void test_a_mark_too_long_or_open_to_others_still_makes_the_keystore_a_restored_one(void)
{
    struct restored mark;
    UNIT_NEED(make("open") && put_mark("open"));
    CU_ASSERT(chmod(unit_path("open/restored"), 0644) == 0 && restored_read(&directory, &mark) == FAULT_FILE_MODE);
    CU_ASSERT(unit_write(unit_path("open/restored"), text, sizeof text, 0600)
              && restored_read(&directory, &mark) == FAULT_FILE_TOO_LARGE);
    directory_close(&directory);
}

static void test_with_a_mark_and_without_a_header_it_is_incomplete(void)
{
    struct header found;
    UNIT_NEED(make("half") && put_mark("half"));
    CU_ASSERT(directory_read_header(&directory, &found) == FAULT_INCOMPLETE);
    CU_ASSERT(directory_create_header(&directory, &header) == FAULT_NONE
              && directory_read_header(&directory, &found) == FAULT_NONE);
    directory_close(&directory);
}

static void test_with_a_mark_and_without_a_part_it_is_incomplete(void)
{
    static const char *const parts[] = { "lock", "records", "certs", "keys" };
    UNIT_NEED(make("parts") && put_mark("parts"));
    directory_close(&directory);
    for (size_t i = 0; i < UNIT_COUNT(parts); i++) {
        char path[64];
        snprintf(path, sizeof path, "parts/%s", parts[i]);
        CU_ASSERT(remove(unit_path(path)) == 0);
        CU_ASSERT(directory_open(unit_path("parts"), &directory) == FAULT_INCOMPLETE && directory.root == -1);
    }
    CU_ASSERT(unlink(unit_path("parts/restored")) == 0);
    CU_ASSERT(directory_open(unit_path("parts"), &directory) == FAULT_KEYSTORE_MISSING);
}

static void test_nothing_is_made_where_a_mark_is(void)
{
    UNIT_NEED(mkdir(unit_path("taken"), 0700) == 0 && put_mark("taken"));
    CU_ASSERT(directory_create(unit_path("taken"), geteuid(), getegid(), &directory) == FAULT_KEYSTORE_EXISTS);
    directory_close(&directory);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_mark_is_written_and_read_byte_for_byte),
        UNIT_TEST(test_every_flipped_bit_is_refused_or_says_something_else),
        UNIT_TEST(test_a_mark_cut_or_lengthened_is_refused),
        UNIT_TEST(test_the_longest_mark_fits_where_it_is_read),
        UNIT_TEST(test_a_keystore_without_a_mark_is_not_restored),
        UNIT_TEST(test_a_restored_keystore_has_its_mark_until_it_is_accepted),
        UNIT_TEST(test_a_restored_keystore_makes_no_key),
        UNIT_TEST(test_a_damaged_mark_still_makes_the_keystore_a_restored_one),
        UNIT_TEST(test_a_mark_too_long_or_open_to_others_still_makes_the_keystore_a_restored_one),
        UNIT_TEST(test_with_a_mark_and_without_a_header_it_is_incomplete),
        UNIT_TEST(test_with_a_mark_and_without_a_part_it_is_incomplete),
        UNIT_TEST(test_nothing_is_made_where_a_mark_is),
    };
    int result = prepare() ? UNIT_RUN("restored", tests) : 1;
    unit_remove_directory();
    return result;
}
