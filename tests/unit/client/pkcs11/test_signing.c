/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/signing.h"

#include "tests/unit/client/pkcs11/fake_token.h"

enum { PREFIX = 19 };

static signer_client *client;
static struct key ec, rsa, ed;
static uint8_t signature[512];

static struct signing *begin(CK_MECHANISM_TYPE type, const struct key *key)
{
    return signing_new(mechanism_find(false, type), key);
}

/* What signing these bytes returns; the operation is freed. */
static CK_RV sign(struct signing *signing, const uint8_t *bytes, size_t length)
{
    CK_ULONG size = 0;
    CK_RV rv = signing_add(signing, bytes, length);
    if (rv == CKR_OK)
        rv = signing_sign(signing, client, signature, &size);
    CU_ASSERT(rv != CKR_OK || size == signing->signature_size);
    signing_free(signing);
    return rv;
}

static void test_the_hash_of_an_ecdsa_digest_is_known_by_its_length(void)
{
    static const uint8_t digest[65];
    static const struct {
        size_t length;
        int hash;
    } rows[] = { { 32, SIGNER_SHA256 }, { 48, SIGNER_SHA384 }, { 64, SIGNER_SHA512 } };
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        CU_ASSERT_EQUAL(sign(begin(CKM_ECDSA, &ec), digest, rows[i].length), CKR_OK);
        CU_ASSERT(fake_seen.sign.hash == rows[i].hash && fake_seen.sign.length == rows[i].length);
        CU_ASSERT_EQUAL(fake_seen.sign.named, SIGNER_SHA256_SIZE);
        CU_ASSERT(unit_all(signature, 31, 0) && signature[31] == 1 && signature[63] == 2);
    }
    int signs = fake_seen.signs;
    for (size_t length = 0; length <= sizeof digest; length++)
        if (length != 32 && length != 48 && length != 64)
            CU_ASSERT_EQUAL(sign(begin(CKM_ECDSA, &ec), digest, length), CKR_DATA_LEN_RANGE);
    CU_ASSERT_EQUAL(fake_seen.signs, signs);
}

static size_t digest_info(const char *prefix, size_t size, uint8_t out[static PREFIX + SHA2_SIZE_MAX])
{
    memset(out, 0x77, PREFIX + SHA2_SIZE_MAX);
    return unit_hex(prefix, out, PREFIX) + size;
}

static void test_only_three_digest_infos_are_signed(void)
{
    static const struct {
        const char *prefix;
        size_t size;
        int hash;
    } rows[] = { { "3031300d060960864801650304020105000420", 32, SIGNER_SHA256 },
                 { "3041300d060960864801650304020205000430", 48, SIGNER_SHA384 },
                 { "3051300d060960864801650304020305000440", 64, SIGNER_SHA512 } };
    static const struct {
        const char *prefix;
        size_t size;
    } wrong[] = { { "3021300906052b0e03021a05000414", 20 },         /* SHA-1 */
                  { "302d300d06096086480165030402040500041c", 28 }, /* SHA-224 */
                  { "3031300d060960864801650304020105000420", 31 }, /* cut */
                  { "3031300d060960864801650304020105000420", 33 }, /* longer */
                  { "3041300d060960864801650304020105000430", 48 }, /* the OID of SHA-256 */
                  { "302f300b0609608648016503040201 0420", 32 },    /* without NULL */
                  { "", 32 } };                                     /* a digest */
    uint8_t bytes[PREFIX + SHA2_SIZE_MAX];
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        size_t length = digest_info(rows[i].prefix, rows[i].size, bytes);
        CU_ASSERT_EQUAL(sign(begin(CKM_RSA_PKCS, &rsa), bytes, length), CKR_OK);
        CU_ASSERT(fake_seen.sign.hash == rows[i].hash && fake_seen.sign.length == rows[i].size);
        CU_ASSERT(fake_seen.sign.scheme == SIGNER_RSA_PKCS1 && fake_seen.sign.input[0] == 0x77);
    }
    int signs = fake_seen.signs;
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT_EQUAL(sign(begin(CKM_RSA_PKCS, &rsa), bytes, digest_info(wrong[i].prefix, wrong[i].size, bytes)),
                        CKR_DATA_INVALID);
    CU_ASSERT_EQUAL(fake_seen.signs, signs);
}

static void test_a_message_is_hashed_here_in_parts(void)
{
    uint8_t expected[SHA2_SIZE_MAX];
    CU_ASSERT_EQUAL(unit_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", expected, 32), 32);
    struct signing *signing = begin(CKM_ECDSA_SHA256, &ec);
    CU_ASSERT_EQUAL(signing_add(signing, (const uint8_t *)"a", 1), CKR_OK);
    CU_ASSERT_EQUAL(sign(signing, (const uint8_t *)"bc", 2), CKR_OK);
    CU_ASSERT(fake_seen.sign.length == 32 && memcmp(fake_seen.sign.input, expected, 32) == 0);
}

static void test_edwards_keys_sign_the_message_whole_and_bounded(void)
{
    enum { LARGE = 1024 * 1024 };
    uint8_t *large = calloc(1, LARGE);
    CU_ASSERT_EQUAL(sign(begin(CKM_EDDSA, &ed), (const uint8_t *)"abc", 3), CKR_OK);
    CU_ASSERT(fake_seen.sign.length == 3 && fake_seen.sign.hash == SIGNER_HASH_NONE);
    CU_ASSERT_EQUAL(sign(begin(CKM_EDDSA, &ed), NULL, 0), CKR_OK);
    struct signing *signing = begin(CKM_EDDSA, &ed);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL(signing_add(signing, large, 1000), CKR_OK);
    CU_ASSERT_EQUAL(signing_add(signing, large, LARGE), CKR_DATA_LEN_RANGE);
    CU_ASSERT_EQUAL(signing_add(signing, large, SIZE_MAX), CKR_DATA_LEN_RANGE);
    signing_free(signing);
    free(large);
}

static void test_a_refusal_of_the_signer_has_its_code(void)
{
    static const struct {
        int status;
        const char *reason;
        CK_RV rv;
    } rows[] = { { SIGNER_PERMISSION_DENIED, "POLICY_HASH", CKR_KEY_FUNCTION_NOT_PERMITTED },
                 { SIGNER_PERMISSION_DENIED, "ROLE_MISSING", CKR_FUNCTION_REJECTED },
                 { SIGNER_NOT_FOUND, "KEY_UNKNOWN", CKR_KEY_HANDLE_INVALID },
                 { SIGNER_FAILED_PRECONDITION, "KEY_CHANGED", CKR_KEY_HANDLE_INVALID },
                 { SIGNER_FAILED_PRECONDITION, "SEALED", CKR_DEVICE_ERROR },
                 { SIGNER_RESOURCE_EXHAUSTED, "OVERLOADED", CKR_DEVICE_MEMORY },
                 { SIGNER_INTERNAL, "CRYPTO", CKR_DEVICE_ERROR } };
    static const uint8_t digest[32];
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        fake_seen.status = rows[i].status;
        fake_seen.refuses = rows[i].reason;
        CU_ASSERT_EQUAL(sign(begin(CKM_ECDSA, &ec), digest, sizeof digest), rows[i].rv);
    }
    fake_seen.refuses = NULL;
}

static void test_an_answer_of_another_length_is_no_signature(void)
{
    static const uint8_t digest[32];
    struct signing *signing = begin(CKM_SHA256_RSA_PKCS, &rsa);
    signing->signature_size = 384;
    CK_ULONG size;
    CU_ASSERT_EQUAL(signing_add(signing, digest, sizeof digest), CKR_OK);
    CU_ASSERT_EQUAL(signing_sign(signing, client, signature, &size), CKR_DEVICE_ERROR);
    signing_free(signing);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_the_hash_of_an_ecdsa_digest_is_known_by_its_length),
        UNIT_TEST(test_only_three_digest_infos_are_signed),
        UNIT_TEST(test_a_message_is_hashed_here_in_parts),
        UNIT_TEST(test_edwards_keys_sign_the_message_whole_and_bounded),
        UNIT_TEST(test_a_refusal_of_the_signer_has_its_code),
        UNIT_TEST(test_an_answer_of_another_length_is_no_signature),
    };
    fake_token_start("");
    ec = (struct key){ .id = "ca" }, rsa = (struct key){ .id = "rsa" }, ed = (struct key){ .id = "ed" };
    if (!public_key_parse(sample_p256, sizeof sample_p256, &ec.public_key)
        || !public_key_parse(sample_rsa, sizeof sample_rsa, &rsa.public_key)
        || !public_key_parse(sample_ed25519, sizeof sample_ed25519, &ed.public_key)
        || signer_open(&client, NULL, NULL) != SIGNER_OK)
        return 1;
    int code = UNIT_RUN("signing", tests);
    signer_close(client);
    fake_token_close();
    return code;
}
