/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/share.h"

#include "keystore/kek/kek.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t secret[32] = "32 bytes of a KEK that is shared";
static struct slip39_share made[SLIP39_SHARES_MAX];

static size_t split(const uint8_t *bytes, size_t length)
{
    const struct slip39_plan plan = { .id = 0x1a2b, .group_threshold = 1, .group_count = 1, .groups = { { 2, 3 } } };
    return slip39_split(&plan, bytes, length, made);
}

/* -- fingerprints -- */

/* Python: hashlib.blake2b(words, two bytes each, digest_size=32, person=b"signer share").digest()[:16] */
static void test_fingerprints_are_those_that_python_makes(void)
{
    uint16_t words[SLIP39_WORDS_MAX];
    uint8_t found[SHARE_FINGERPRINT_SIZE];
    char text[SHARE_FINGERPRINT_TEXT];
    for (uint16_t i = 0; i < SLIP39_WORDS_MAX; i++)
        words[i] = i * 31 % 1024;
    share_fingerprint(words, 33, found);
    share_fingerprint_text(found, text);
    CU_ASSERT(strcmp(text, "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e") == 0);
    share_fingerprint(words, 20, found);
    share_fingerprint_text(found, text);
    CU_ASSERT(strcmp(text, "48b1-2299-cd8e-e0a8-04c0-915a-3627-729e") == 0);
}

static void test_a_decoded_share_has_the_fingerprint_of_its_words(void)
{
    uint16_t words[SLIP39_WORDS_MAX];
    struct slip39_share back;
    uint8_t of_words[SHARE_FINGERPRINT_SIZE], of_share[SHARE_FINGERPRINT_SIZE];
    split(secret, 32);
    for (size_t i = 0; i < 3; i++) {
        size_t count = slip39_encode(&made[i], words);
        share_fingerprint(words, count, of_words);
        CU_ASSERT(slip39_decode(words, count, &back) == FAULT_NONE);
        share_fingerprint_of(&back, of_share);
        CU_ASSERT(memcmp(of_words, of_share, sizeof of_share) == 0);
    }
}

static void test_a_flipped_bit_of_a_word_gives_another_fingerprint(void)
{
    uint16_t words[SLIP39_WORDS_MAX];
    uint8_t before[SHARE_FINGERPRINT_SIZE], after[SHARE_FINGERPRINT_SIZE];
    split(secret, 32);
    size_t count = slip39_encode(&made[1], words);
    share_fingerprint(words, count, before);
    for (size_t i = 0; i < 10 * count; i++) {
        words[i / 10] ^= (uint16_t)(1u << i % 10);
        share_fingerprint(words, count, after);
        CU_ASSERT(memcmp(before, after, sizeof after) != 0);
        words[i / 10] ^= (uint16_t)(1u << i % 10);
    }
    share_fingerprint(words, count - 1, after);
    CU_ASSERT(memcmp(before, after, sizeof after) != 0);
}

static void test_the_text_of_a_fingerprint_is_parsed_again(void)
{
    uint64_t state = 1;
    uint8_t bytes[SHARE_FINGERPRINT_SIZE], back[SHARE_FINGERPRINT_SIZE];
    char text[SHARE_FINGERPRINT_TEXT];
    for (unsigned round = 0; round < 100; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)unit_random(&state);
        share_fingerprint_text(bytes, text);
        CU_ASSERT(strlen(text) == SHARE_FINGERPRINT_TEXT - 1);
        CU_ASSERT(share_fingerprint_parse(text, back) && memcmp(bytes, back, sizeof back) == 0);
    }
}

static void test_a_text_that_is_no_fingerprint_is_refused(void)
{
    static const char *const none[] = {
        "",
        "-",
        "0be9",
        "0be90f7bbb795f9ee03639e988691c6e",
        "0BE9-0F7B-BB79-5F9E-E036-39E9-8869-1C6E",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e0",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e-",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e-0000",
        "-0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e",
        " 0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e ",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6e\n",
        "0be9 0f7b bb79 5f9e e036 39e9 8869 1c6e",
        "0be9:0f7b:bb79:5f9e:e036:39e9:8869:1c6e",
        "0be9--0f7b-bb79-5f9e-e036-39e9-8869-1c6e",
        "0be90-f7b-bb79-5f9e-e036-39e9-8869-1c6e",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869-1c6g",
        "0be9-0f7b-bb79-5f9e-e036-39e9-8869",
    };
    uint8_t found[SHARE_FINGERPRINT_SIZE];
    for (size_t i = 0; i < UNIT_COUNT(none); i++)
        CU_ASSERT(!share_fingerprint_parse(none[i], found));
}

/* -- names -- */

static void test_sets_and_members_have_their_names(void)
{
    char set[SHARE_SET_TEXT], member[SHARE_MEMBER_TEXT];
    share_set_text(0x1a2b, set);
    CU_ASSERT(strcmp(set, "1a2b") == 0);
    share_set_text(7, set);
    CU_ASSERT(strcmp(set, "0007") == 0);
    share_set_text(0x7fff, set);
    CU_ASSERT(strcmp(set, "7fff") == 0);
    share_member_text(1, 1, 3, member);
    CU_ASSERT(strcmp(member, "3") == 0);
    share_member_text(2, 1, 16, member);
    CU_ASSERT(strcmp(member, "1-16") == 0);
    share_member_text(16, 16, 16, member);
    CU_ASSERT(strcmp(member, "16-16") == 0);
}

/* -- joining -- */

static enum fault join(const struct slip39_share *shares, size_t count)
{
    struct kek kek = { 0 };
    enum fault fault = share_join(shares, count, &kek);
    CU_ASSERT((memcmp(kek.key, secret, KEK_SIZE) == 0) == (fault == FAULT_NONE));
    CU_ASSERT(fault == FAULT_NONE || unit_all(kek.key, KEK_SIZE, 0));
    return fault;
}

static void test_a_quorum_gives_the_kek_and_its_id(void)
{
    struct kek expected, found;
    CU_ASSERT(kek_from_bytes(secret, &expected) == FAULT_NONE && split(secret, 32) == 3);
    CU_ASSERT(share_join(made + 1, 2, &found) == FAULT_NONE && memcmp(&expected, &found, sizeof found) == 0);
    CU_ASSERT(join(made, 3) == FAULT_NONE && join(made, 2) == FAULT_NONE);
}

static void test_shares_that_are_too_few_or_false_give_no_kek(void)
{
    CU_ASSERT(split(secret, 32) == 3 && join(made, 1) == FAULT_SHARE_TOO_FEW && join(made, 0) == FAULT_SHARE_TOO_FEW);
    made[2].value[0] ^= 1;
    CU_ASSERT(join(made + 1, 2) == FAULT_SHARE_MISMATCH && join(made, 3) == FAULT_SHARE_MISMATCH);
    made[2].id ^= 1;
    CU_ASSERT(join(made, 3) == FAULT_SHARE_OTHER_SET);
    made[2] = made[1];
    made[2].value[31] ^= 0x80;
    CU_ASSERT(join(made, 3) == FAULT_SHARE_DUPLICATE);
}

static void test_a_secret_of_another_length_is_no_kek(void)
{
    for (size_t length = 16; length < 32; length += 2) {
        CU_ASSERT(split(secret, length) == 3);
        CU_ASSERT(join(made, 2) == FAULT_SHARE_LENGTH);
    }
}

static void test_32_times_the_same_byte_is_no_kek(void)
{
    static const uint8_t zeros[32];
    CU_ASSERT(split(zeros, 32) == 3 && join(made, 2) == FAULT_KEK_MALFORMED);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_fingerprints_are_those_that_python_makes),
        UNIT_TEST(test_a_decoded_share_has_the_fingerprint_of_its_words),
        UNIT_TEST(test_a_flipped_bit_of_a_word_gives_another_fingerprint),
        UNIT_TEST(test_the_text_of_a_fingerprint_is_parsed_again),
        UNIT_TEST(test_a_text_that_is_no_fingerprint_is_refused),
        UNIT_TEST(test_sets_and_members_have_their_names),
        UNIT_TEST(test_a_quorum_gives_the_kek_and_its_id),
        UNIT_TEST(test_shares_that_are_too_few_or_false_give_no_kek),
        UNIT_TEST(test_a_secret_of_another_length_is_no_kek),
        UNIT_TEST(test_32_times_the_same_byte_is_no_kek),
    };
    return secret_start() ? UNIT_RUN("share", tests) : 1;
}
