/* SPDX-License-Identifier: Apache-2.0 */
#include "client/sha2.h"

#include "tests/unit/unit.h"

static const char *const two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static bool is_hash(struct sha2 *sha2, const char *hex)
{
    uint8_t out[SHA2_SIZE_MAX], expected[SHA2_SIZE_MAX];
    size_t size = sha2_size(sha2->hash);
    sha2_end(sha2, out);
    return unit_hex(hex, expected, sizeof expected) == size && memcmp(out, expected, size) == 0;
}

static bool has(enum signer_hash hash, const char *bytes, size_t length, const char *hex)
{
    struct sha2 sha2;
    sha2_begin(&sha2, hash);
    sha2_add(&sha2, (const uint8_t *)bytes, length);
    return is_hash(&sha2, hex);
}

/* FIPS 180-4's examples. */
static void test_the_examples_of_the_standard_have_their_hashes(void)
{
    CU_ASSERT(has(SIGNER_SHA256, NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    CU_ASSERT(has(SIGNER_SHA256, "abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    CU_ASSERT(has(SIGNER_SHA256, two, strlen(two), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    CU_ASSERT(has(SIGNER_SHA384, NULL, 0,
                  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
                  "274edebfe76f65fbd51ad2f14898b95b"));
    CU_ASSERT(has(SIGNER_SHA384, "abc", 3,
                  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                  "8086072ba1e7cc2358baeca134c825a7"));
    CU_ASSERT(has(SIGNER_SHA384, two, strlen(two),
                  "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6"
                  "b0455a8520bc4e6f5fe95b1fe3c8452b"));
    CU_ASSERT(has(SIGNER_SHA512, NULL, 0,
                  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"));
    CU_ASSERT(has(SIGNER_SHA512, "abc", 3,
                  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
    CU_ASSERT(has(SIGNER_SHA512, two, strlen(two),
                  "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
                  "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"));
}

/* The padding begins in the last block, or needs one of its own. */
static void test_every_length_around_a_block_has_its_hash(void)
{
    static const struct {
        enum signer_hash hash;
        size_t length;
        const char *hex;
    } rows[] = {
        { SIGNER_SHA256, 55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072" },
        { SIGNER_SHA256, 56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e" },
        { SIGNER_SHA256, 63, "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2" },
        { SIGNER_SHA256, 64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c" },
        { SIGNER_SHA256, 65, "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9" },
        { SIGNER_SHA256, 119, "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c" },
        { SIGNER_SHA256, 120, "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98" },
        { SIGNER_SHA256, 128, "24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464" },
        { SIGNER_SHA384, 111,
          "dfec6588f894c2b089119e1884a23941e5aa69ed38702839cf7352ac6d155d31"
          "5693bb5d26b7468d8b69ecf4631ef419" },
        { SIGNER_SHA384, 112,
          "d8489693bc428374931aedf508740398d9d4a92887116fecb2fcdd91c68b9db3"
          "29fc4a474e05e78c3eb34e649a6b5c77" },
        { SIGNER_SHA384, 127,
          "7f90015607d4c124f9b89bea8aa5b246ebfc792cda7ddf8bd6dcf69f9ff8bbdc"
          "cbcbb32cebaa0b03fc93f10b61bde2a5" },
        { SIGNER_SHA384, 128,
          "e660584956c8b1df44c92acb7c8eccfe0dca5255627c9fb44637c15363b772e5"
          "709edcf35b07bf43531951ab2fd51130" },
        { SIGNER_SHA384, 129,
          "550bbedde5970254cd884182ac59cb3d4269183d168a44c93bb7373880269fb3"
          "729d74fe39a372a9972f6abfa8f77f50" },
        { SIGNER_SHA384, 239,
          "831b8db491e9f1ce281f814dbfaa770446f3d2286b51395f14ea02cb34222dd9"
          "4f6d5003d359ca575c55064a7bf8b1d7" },
        { SIGNER_SHA384, 240,
          "2c12b66c79b060be97e4949a0529db684f46d7949866f6d1096a22e621c60a9c"
          "1fbc1959d69dcfb08e88d869037eb048" },
        { SIGNER_SHA384, 256,
          "8901320af24d5ce3519d4c956daf67e0b83c28c3428665f6da4669fb6e0e7dfc"
          "1195d4a626cbc868a735b1cc0d8499e9" },
        { SIGNER_SHA512, 111,
          "9a2a120825c2319867758ec277924f6faa254968bf752046dacdd948d8ad299b"
          "10359fd04bfd7d3810b5fa1b16a294236138baff981cbb85248478053ac4d3dd" },
        { SIGNER_SHA512, 112,
          "a3722b515ef40c910f2419f6e0da8ca51d410114ce6272faae64045f9e9f630e"
          "7fa8dd5a3243c9860b899d148c3da4bc0f9e07454542604d030bb55531fe0d5b" },
        { SIGNER_SHA512, 127,
          "1d5a8893e7b7ed83d485d26f88cfb846f3760279916976fe538e539fc16f7cd1"
          "9ba3e1c2cd5fda78749a74205755cdf694e8fa90b2bfed8815f406af76c1d7bf" },
        { SIGNER_SHA512, 128,
          "e2e22f8422b54b06e35c3ea30a383d1de7a8fbc27992923074103117020d8dd7"
          "024c3ecf7d6d1a15a6de5a75ff32fb486b9e8ced4c02ffe05822bf2cb734d0e0" },
        { SIGNER_SHA512, 129,
          "19015483ea99fa74728fd7b13adba6b729cfa4ab7c388573efa2641d2af0577f"
          "24dd51acbaeec41a7a11d10f6c4e68a3b90e7b2348c678486a4365c9d9101cdd" },
        { SIGNER_SHA512, 239,
          "805c40517b44cef414a06c632b4ee9c21d34c85a84c3f9530274db86e2a3e38c"
          "b0e54025666b925426bd6860f81538abbfab13011e85767d814a245d232a6044" },
        { SIGNER_SHA512, 240,
          "3e05caa7e0fddab685e6052bd902c316505180504344d00b1217e1349a532d1d"
          "0e5ce4b24d69eea3aca369dc16d8bbdf872b2fe1770e0e1aad22f84e0519bc6c" },
        { SIGNER_SHA512, 256,
          "03748e1db37e66afeab7f7e93bd7716ae4379158fcc1f7846e49c061e99b5891"
          "b55ee7f808bd039b1deef9d0161f390531d8d08654679405ed887ed93058e3b2" },
    };
    char bytes[260];
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < UNIT_COUNT(rows); i++)
        CU_ASSERT(has(rows[i].hash, bytes, rows[i].length, rows[i].hex));
}

static void test_parts_of_any_length_make_the_same_hash(void)
{
    uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (enum signer_hash hash = SIGNER_SHA256; hash <= SIGNER_SHA512; hash++)
        for (size_t step = 1; step < 300; step += 13) {
            uint8_t whole[SHA2_SIZE_MAX], parts[SHA2_SIZE_MAX];
            struct sha2 a, b;
            sha2_begin(&a, hash);
            sha2_add(&a, bytes, sizeof bytes);
            sha2_end(&a, whole);
            sha2_begin(&b, hash);
            for (size_t at = 0; at < sizeof bytes; at += step)
                sha2_add(&b, bytes + at, step < sizeof bytes - at ? step : sizeof bytes - at);
            sha2_add(&b, NULL, 0);
            sha2_end(&b, parts);
            CU_ASSERT_EQUAL(memcmp(whole, parts, sha2_size(hash)), 0);
        }
}

static void test_only_three_hashes_have_a_size(void)
{
    CU_ASSERT_EQUAL(sha2_size(SIGNER_HASH_NONE), 0);
    CU_ASSERT_EQUAL(sha2_size(SIGNER_SHA256), 32);
    CU_ASSERT_EQUAL(sha2_size(SIGNER_SHA384), 48);
    CU_ASSERT_EQUAL(sha2_size(SIGNER_SHA512), 64);
    CU_ASSERT_EQUAL(sha2_size((enum signer_hash)4), 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_examples_of_the_standard_have_their_hashes),
        UNIT_TEST(test_every_length_around_a_block_has_its_hash),
        UNIT_TEST(test_parts_of_any_length_make_the_same_hash),
        UNIT_TEST(test_only_three_hashes_have_a_size),
    };
    return UNIT_RUN("sha2", tests);
}
