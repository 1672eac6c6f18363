/* SPDX-License-Identifier: Apache-2.0 */
#include "client/key_hash.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[2 * PUBLIC_KEY_SHA256_SIZE + 1];

static const char *hash(const char *bytes, size_t length)
{
    uint8_t out[PUBLIC_KEY_SHA256_SIZE];
    key_hash((const uint8_t *)bytes, length, out);
    for (int i = 0; i < PUBLIC_KEY_SHA256_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", out[i]);
    return text;
}

/* FIPS 180-4's examples. */
static void test_the_examples_of_the_standard_have_their_hashes(void)
{
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    CU_ASSERT_STRING_EQUAL(hash("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CU_ASSERT_STRING_EQUAL(hash("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CU_ASSERT_STRING_EQUAL(hash(two, strlen(two)), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_a_million_times_a_has_its_hash(void)
{
    enum { MILLION = 1000000 };
    char *many = malloc(MILLION);
    CU_ASSERT_PTR_NOT_NULL_FATAL(many);
    memset(many, 'a', MILLION);
    CU_ASSERT_STRING_EQUAL(hash(many, MILLION), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(many);
}

/* The padding begins in the last block, or needs one of its own. */
static void test_every_length_around_a_block_has_its_hash(void)
{
    static const struct {
        size_t length;
        const char *hash;
    } rows[] = {
        { 54, "45f316e10b2c99abf374b22bda893cf3300d77263f1e272349ed414680522952" },
        { 55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072" },
        { 56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e" },
        { 57, "ae14a2563ccf969d99aca69ce6bb74981f734bbf9f655f73b8f06db68cab5217" },
        { 63, "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2" },
        { 64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c" },
        { 65, "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9" },
        { 119, "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c" },
        { 120, "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98" },
        { 128, "24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464" },
        { 129, "0ec9eb33e74510bcdd1f2ea55206e82f21649c5c2becbf2b433eb475b34c01bd" },
    };
    char bytes[129];
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_STRING_EQUAL(hash(bytes, rows[i].length), rows[i].hash);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("key_hash", NULL, NULL);
    CU_ADD_TEST(suite, test_the_examples_of_the_standard_have_their_hashes);
    CU_ADD_TEST(suite, test_a_million_times_a_has_its_hash);
    CU_ADD_TEST(suite, test_every_length_around_a_block_has_its_hash);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 0;
}
