/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/listing.h"

#include "client/pkcs11/token.h"
#include "tests/unit/client/pkcs11/fake_token.h"

static const struct template everything;

static size_t key_count(void)
{
    struct token *token = token_lock();
    size_t count = token->inventory.key_count;
    token_unlock();
    return count;
}

static void test_listing_opens_no_key_and_is_not_repeated_at_once(void)
{
    fake_token_open("");
    CU_ASSERT_EQUAL(listing_refresh(false), CKR_OK);
    CU_ASSERT_EQUAL(listing_refresh(false), CKR_OK);
    CU_ASSERT(key_count() == 3 && fake_seen.lists == 1 && fake_seen.gets == 0);
    CU_ASSERT_EQUAL(listing_refresh(true), CKR_OK);
    CU_ASSERT_EQUAL(fake_seen.lists, 2);
    fake_token_close();
}

static void test_only_visible_keys_are_taken_in(void)
{
    fake_token_open("keys = c* rsa");
    CU_ASSERT_EQUAL(listing_refresh(true), CKR_OK);
    CU_ASSERT_EQUAL(key_count(), 2);
    fake_token_close();
}

static CK_RV open_for(CK_ATTRIBUTE *attributes, CK_ULONG count)
{
    const struct template wanted = { attributes, count };
    return listing_open_for(&wanted);
}

static void test_only_keys_that_a_search_could_want_are_opened(void)
{
    CK_ULONG private = CKO_PRIVATE_KEY, certificate = CKO_CERTIFICATE;
    CK_ATTRIBUTE keys = { CKA_CLASS, &private, sizeof private };
    CK_ATTRIBUTE by_label[] = { { CKA_CLASS, &certificate, sizeof certificate }, { CKA_LABEL, "rsa", 3 } };
    CK_ATTRIBUTE by_id = { CKA_ID, (void *)(uintptr_t)sample_ed25519_id, SHA1_SIZE };
    CK_ATTRIBUTE unknown_id = { CKA_ID, "x", 1 };
    fake_token_open("");
    CU_ASSERT_EQUAL(listing_refresh(true), CKR_OK);
    CU_ASSERT(open_for(&keys, 1) == CKR_OK && fake_seen.gets == 0);
    CU_ASSERT(open_for(by_label, 2) == CKR_OK && fake_seen.gets == 1);
    CU_ASSERT(open_for(&by_id, 1) == CKR_OK && fake_seen.gets == 2);
    CU_ASSERT(open_for(&unknown_id, 1) == CKR_OK && fake_seen.gets == 3); /* a chain may have it */
    CU_ASSERT(listing_open_for(&everything) == CKR_OK && fake_seen.gets == 3);
    fake_token_close();
}

static void test_a_key_that_is_gone_is_removed(void)
{
    fake_token_open("");
    CU_ASSERT_EQUAL(listing_refresh(true), CKR_OK);
    fake_keys[1].there = false;
    CU_ASSERT_EQUAL(listing_open("ed"), CKR_KEY_HANDLE_INVALID);
    CU_ASSERT_EQUAL(key_count(), 2);
    fake_keys[2].there = false;
    CU_ASSERT_EQUAL(listing_open_for(&everything), CKR_OK);
    CU_ASSERT_EQUAL(key_count(), 1);
    fake_token_close();
}

static void test_a_listing_that_fails_removes_nothing(void)
{
    fake_token_open("");
    CU_ASSERT_EQUAL(listing_refresh(true), CKR_OK);
    fake_seen.status = SIGNER_FAILED_PRECONDITION;
    fake_seen.refuses = "SEALED";
    CU_ASSERT_EQUAL(listing_refresh(true), CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(listing_open("ca"), CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(key_count(), 3);
    fake_token_close();
}

static void test_nothing_is_asked_before_initialize(void)
{
    CU_ASSERT_EQUAL(listing_refresh(true), CKR_CRYPTOKI_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(listing_open("ca"), CKR_CRYPTOKI_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(listing_open_for(&everything), CKR_CRYPTOKI_NOT_INITIALIZED);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_listing_opens_no_key_and_is_not_repeated_at_once),
        UNIT_TEST(test_only_visible_keys_are_taken_in),
        UNIT_TEST(test_only_keys_that_a_search_could_want_are_opened),
        UNIT_TEST(test_a_key_that_is_gone_is_removed),
        UNIT_TEST(test_a_listing_that_fails_removes_nothing),
        UNIT_TEST(test_nothing_is_asked_before_initialize),
    };
    return UNIT_RUN("listing", tests);
}
