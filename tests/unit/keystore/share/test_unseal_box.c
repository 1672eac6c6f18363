/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/unseal_box.h"

#include <sodium.h>

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t keystore[KEYSTORE_ID_SIZE] = "this keystore", other_keystore[KEYSTORE_ID_SIZE] = "this keystorf";
static const uint8_t challenge[UNSEAL_CHALLENGE_SIZE] = "what was asked", other_challenge[UNSEAL_CHALLENGE_SIZE] = "";
static struct unseal_pair pair, other_pair;
static struct slip39_share share;
static uint8_t box[UNSEAL_BOX_SIZE];

static bool prepare(void)
{
    static const uint8_t secret[32] = "32 bytes of a KEK that is shared";
    const struct slip39_plan plan = {
        .id = 0x7abc, .exponent = 1, .group_threshold = 2, .group_count = 3, .groups = { { 2, 3 }, { 3, 5 }, { 1, 1 } }
    };
    struct slip39_share shares[9];
    if (!secret_start() || slip39_split(&plan, secret, sizeof secret, shares) != 9)
        return false;
    share = shares[6];
    unseal_box_new_pair(&pair);
    unseal_box_new_pair(&other_pair);
    return true;
}

static void seal(const struct unseal_content *content)
{
    unseal_box_seal(content, keystore, challenge, pair.public_key, box);
}

static void seal_share(const struct slip39_share *one)
{
    const struct unseal_content content = { .kind = UNSEAL_SHARE, .share = *one };
    seal(&content);
}

static struct unseal_content kek_content(void)
{
    struct unseal_content content = { .kind = UNSEAL_KEK };
    for (size_t i = 0; i < KEK_SIZE; i++)
        content.kek[i] = (uint8_t)(i + 1);
    return content;
}

/* What is refused leaves nothing. */
static bool is_refused(const uint8_t *bytes, size_t length, const struct unseal_pair *whose, const uint8_t *id,
                       const uint8_t *asked)
{
    struct unseal_content out;
    memset(&out, 0xa5, sizeof out);
    return unseal_box_open(bytes, length, whose, id, asked, &out) == FAULT_UNSEAL_BOX
        && unit_all((const uint8_t *)&out, sizeof out, 0);
}

/* -- there and back -- */

static void test_a_sealed_share_opens_to_itself(void)
{
    struct unseal_content out;
    seal_share(&share);
    CU_ASSERT(unseal_box_open(box, sizeof box, &pair, keystore, challenge, &out) == FAULT_NONE);
    CU_ASSERT(out.kind == UNSEAL_SHARE && memcmp(&out.share, &share, sizeof share) == 0);
    CU_ASSERT(unit_all(out.kek, KEK_SIZE, 0));
    struct slip39_share legacy = share;
    legacy.extendable = false;
    seal_share(&legacy);
    CU_ASSERT(unseal_box_open(box, sizeof box, &pair, keystore, challenge, &out) == FAULT_NONE);
    CU_ASSERT(memcmp(&out.share, &legacy, sizeof legacy) == 0);
}

static void test_a_sealed_kek_opens_to_itself(void)
{
    const struct unseal_content content = kek_content();
    struct unseal_content out;
    seal(&content);
    CU_ASSERT(unseal_box_open(box, sizeof box, &pair, keystore, challenge, &out) == FAULT_NONE);
    CU_ASSERT(out.kind == UNSEAL_KEK && memcmp(out.kek, content.kek, KEK_SIZE) == 0);
    CU_ASSERT(unit_all((const uint8_t *)&out.share, sizeof out.share, 0));
}

/* As FORMAT.md has it: magic, keystore, challenge, kind, ten bytes of a share's fields, 32 bytes. */
static void test_a_box_has_the_layout_of_the_format(void)
{
    uint8_t plain[UNSEAL_BOX_SIZE - crypto_box_SEALBYTES];
    const uint8_t fields[] = { 1, 0x7a, 0xbc, 1, 1, 1, 2, 3, share.member, 3, 32 };
    seal_share(&share);
    UNIT_NEED(crypto_box_seal_open(plain, box, sizeof box, pair.public_key, pair.private_key) == 0);
    CU_ASSERT(sizeof plain == 99 && memcmp(plain, "SIGNRUNS", 8) == 0);
    CU_ASSERT(memcmp(plain + 8, keystore, 16) == 0 && memcmp(plain + 24, challenge, 32) == 0);
    CU_ASSERT(memcmp(plain + 56, fields, sizeof fields) == 0 && memcmp(plain + 67, share.value, 32) == 0);
    const struct unseal_content content = kek_content();
    seal(&content);
    UNIT_NEED(crypto_box_seal_open(plain, box, sizeof box, pair.public_key, pair.private_key) == 0);
    CU_ASSERT(plain[56] == 2 && unit_all(plain + 57, 10, 0) && memcmp(plain + 67, content.kek, 32) == 0);
}

static void test_two_boxes_of_one_share_differ(void)
{
    uint8_t first[UNSEAL_BOX_SIZE];
    seal_share(&share);
    memcpy(first, box, sizeof first);
    seal_share(&share);
    CU_ASSERT(memcmp(first, box, sizeof first) != 0);
}

/* -- refused -- */

static void test_a_box_for_another_vault_keystore_or_challenge_is_refused(void)
{
    const struct unseal_content kek = kek_content();
    for (unsigned round = 0; round < 2; round++) {
        if (round == 0)
            seal_share(&share);
        else
            seal(&kek);
        CU_ASSERT(!is_refused(box, sizeof box, &pair, keystore, challenge));
        CU_ASSERT(is_refused(box, sizeof box, &other_pair, keystore, challenge));
        CU_ASSERT(is_refused(box, sizeof box, &pair, other_keystore, challenge));
        CU_ASSERT(is_refused(box, sizeof box, &pair, keystore, other_challenge));
        struct unseal_pair half = pair;
        memcpy(half.public_key, other_pair.public_key, UNSEAL_KEY_SIZE);
        CU_ASSERT(is_refused(box, sizeof box, &half, keystore, challenge));
    }
}

static void test_a_box_with_a_flipped_bit_is_refused(void)
{
    seal_share(&share);
    for (size_t i = 0; i < 8 * sizeof box; i++) {
        box[i / 8] ^= (uint8_t)(1u << i % 8);
        CU_ASSERT(is_refused(box, sizeof box, &pair, keystore, challenge));
        box[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    CU_ASSERT(!is_refused(box, sizeof box, &pair, keystore, challenge));
}

static void test_a_box_with_any_other_bit_of_keystore_or_challenge_is_refused(void)
{
    uint8_t id[KEYSTORE_ID_SIZE], asked[UNSEAL_CHALLENGE_SIZE];
    memcpy(id, keystore, sizeof id);
    memcpy(asked, challenge, sizeof asked);
    seal_share(&share);
    for (size_t i = 0; i < 8 * sizeof id; i++) {
        id[i / 8] ^= (uint8_t)(1u << i % 8);
        CU_ASSERT(is_refused(box, sizeof box, &pair, id, asked));
        id[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t i = 0; i < 8 * sizeof asked; i++) {
        asked[i / 8] ^= (uint8_t)(1u << i % 8);
        CU_ASSERT(is_refused(box, sizeof box, &pair, id, asked));
        asked[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

static void test_a_box_of_another_length_is_refused(void)
{
    uint8_t longer[2 * UNSEAL_BOX_SIZE] = { 0 };
    seal_share(&share);
    memcpy(longer, box, sizeof box);
    for (size_t length = 0; length < sizeof longer; length++)
        CU_ASSERT(is_refused(longer, length, &pair, keystore, challenge) == (length != UNSEAL_BOX_SIZE));
    memset(longer, 0, sizeof longer);
    CU_ASSERT(is_refused(longer, UNSEAL_BOX_SIZE, &pair, keystore, challenge));
}

/* Sealed as it should be, and longer or shorter. */
static void test_a_box_rightly_sealed_of_another_length_is_refused(void)
{
    uint8_t plain[200] = { 0 }, sealed[sizeof plain + crypto_box_SEALBYTES];
    seal_share(&share);
    UNIT_NEED(crypto_box_seal_open(plain, box, sizeof box, pair.public_key, pair.private_key) == 0);
    for (size_t length = 0; length <= sizeof plain; length++) {
        CU_ASSERT(crypto_box_seal(sealed, plain, length, pair.public_key) == 0);
        CU_ASSERT(is_refused(sealed, length + crypto_box_SEALBYTES, &pair, keystore, challenge)
                  == (length + crypto_box_SEALBYTES != UNSEAL_BOX_SIZE));
    }
}

/* Anybody can seal: what comes out is checked as what slip39_decode gives. */
static bool passes(const struct slip39_share *one)
{
    seal_share(one);
    return !is_refused(box, sizeof box, &pair, keystore, challenge);
}

#define PASSES_WITH(field, number)                                                                                     \
    ({                                                                                                                 \
        struct slip39_share s = share;                                                                                 \
        s.field = number;                                                                                              \
        passes(&s);                                                                                                    \
    })

static void test_fields_at_their_bounds_are_taken(void)
{
    CU_ASSERT(PASSES_WITH(id, 0) && PASSES_WITH(id, SLIP39_ID_COUNT - 1));
    CU_ASSERT(PASSES_WITH(exponent, 0) && PASSES_WITH(exponent, 1));
    CU_ASSERT(PASSES_WITH(group, 2) && PASSES_WITH(group_threshold, 3) && PASSES_WITH(group_count, 16));
    CU_ASSERT(PASSES_WITH(member, 0) && PASSES_WITH(member, 15));
    CU_ASSERT(PASSES_WITH(member_threshold, 1) && PASSES_WITH(member_threshold, 16));
}

static void test_fields_out_of_their_bounds_are_refused(void)
{
    CU_ASSERT(!PASSES_WITH(id, SLIP39_ID_COUNT) && !PASSES_WITH(id, UINT16_MAX));
    for (unsigned exponent = 2; exponent <= UINT8_MAX; exponent++) /* seconds of a vault for each try */
        CU_ASSERT(!PASSES_WITH(exponent, (uint8_t)exponent));
    CU_ASSERT(!PASSES_WITH(group, 3) && !PASSES_WITH(group, 16) && !PASSES_WITH(group, UINT8_MAX));
    CU_ASSERT(!PASSES_WITH(group_threshold, 0) && !PASSES_WITH(group_threshold, 4));
    CU_ASSERT(!PASSES_WITH(group_threshold, UINT8_MAX));
    CU_ASSERT(!PASSES_WITH(group_count, 0) && !PASSES_WITH(group_count, 1) && !PASSES_WITH(group_count, 17));
    CU_ASSERT(!PASSES_WITH(group_count, UINT8_MAX));
    CU_ASSERT(!PASSES_WITH(member, 16) && !PASSES_WITH(member, UINT8_MAX));
    CU_ASSERT(!PASSES_WITH(member_threshold, 0) && !PASSES_WITH(member_threshold, 17));
    CU_ASSERT(!PASSES_WITH(member_threshold, UINT8_MAX));
    for (unsigned length = 0; length <= UINT8_MAX; length++)
        CU_ASSERT(PASSES_WITH(length, (uint8_t)length) == (length == 32));
}

static void test_a_share_that_is_a_secret_alone_is_refused(void)
{
    struct slip39_share alone = share;
    alone.group_threshold = alone.member_threshold = 1;
    CU_ASSERT(!passes(&alone));
    alone.group_threshold = 2;
    CU_ASSERT(passes(&alone));
    alone.group_threshold = 1;
    alone.member_threshold = 2;
    CU_ASSERT(passes(&alone));
}

static void test_a_box_of_a_kind_that_is_none_is_refused(void)
{
    struct unseal_content content = { .share = share };
    for (unsigned kind = 0; kind <= UINT8_MAX; kind++) {
        content.kind = (enum unseal_kind)kind;
        seal(&content);
        CU_ASSERT(is_refused(box, sizeof box, &pair, keystore, challenge)
                  == (kind != UNSEAL_SHARE && kind != UNSEAL_KEK));
    }
}

static void test_a_box_with_another_magic_is_refused(void)
{
    uint8_t plain[UNSEAL_BOX_SIZE - crypto_box_SEALBYTES];
    seal_share(&share);
    UNIT_NEED(crypto_box_seal_open(plain, box, sizeof box, pair.public_key, pair.private_key) == 0);
    for (size_t i = 0; i < 8; i++) {
        plain[i] ^= 1;
        CU_ASSERT(crypto_box_seal(box, plain, sizeof plain, pair.public_key) == 0);
        CU_ASSERT(is_refused(box, sizeof box, &pair, keystore, challenge));
        plain[i] ^= 1;
    }
    CU_ASSERT(crypto_box_seal(box, plain, sizeof plain, pair.public_key) == 0);
    CU_ASSERT(!is_refused(box, sizeof box, &pair, keystore, challenge));
}

/* Zeros are a point of small order: nothing can be sealed to it. */
static void test_a_box_for_a_public_key_that_is_none_is_zeros(void)
{
    static const uint8_t none[UNSEAL_KEY_SIZE];
    const struct unseal_content content = kek_content();
    memset(box, 0xff, sizeof box);
    unseal_box_seal(&content, keystore, challenge, none, box);
    CU_ASSERT(unit_all(box, sizeof box, 0) && is_refused(box, sizeof box, &pair, keystore, challenge));
}

/* -- fingerprints -- */

/* Python: hashlib.blake2b(bytes(range(64)), digest_size=32, person=b"signer unseal").digest()[:16] */
static void test_a_fingerprint_is_the_one_that_python_makes(void)
{
    uint8_t keys[2 * UNSEAL_KEY_SIZE], expected[UNSEAL_FINGERPRINT_SIZE], found[UNSEAL_FINGERPRINT_SIZE];
    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (uint8_t)i;
    CU_ASSERT(unit_hex("7c822e8bffca59d3ecfa64681d1f4c9b", expected, sizeof expected) == sizeof expected);
    unseal_box_fingerprint(keys, 2, found);
    CU_ASSERT(memcmp(found, expected, sizeof found) == 0);
    unseal_box_fingerprint(keys, 1, found);
    CU_ASSERT(memcmp(found, expected, sizeof found) != 0);
}

static void test_vaults_in_another_order_have_another_fingerprint(void)
{
    uint8_t keys[2 * UNSEAL_KEY_SIZE], first[UNSEAL_FINGERPRINT_SIZE], second[UNSEAL_FINGERPRINT_SIZE];
    memcpy(keys, pair.public_key, UNSEAL_KEY_SIZE);
    memcpy(keys + UNSEAL_KEY_SIZE, other_pair.public_key, UNSEAL_KEY_SIZE);
    unseal_box_fingerprint(keys, 2, first);
    memcpy(keys, other_pair.public_key, UNSEAL_KEY_SIZE);
    memcpy(keys + UNSEAL_KEY_SIZE, pair.public_key, UNSEAL_KEY_SIZE);
    unseal_box_fingerprint(keys, 2, second);
    CU_ASSERT(memcmp(first, second, sizeof first) != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_sealed_share_opens_to_itself),
        UNIT_TEST(test_a_sealed_kek_opens_to_itself),
        UNIT_TEST(test_a_box_has_the_layout_of_the_format),
        UNIT_TEST(test_two_boxes_of_one_share_differ),
        UNIT_TEST(test_a_box_for_another_vault_keystore_or_challenge_is_refused),
        UNIT_TEST(test_a_box_with_a_flipped_bit_is_refused),
        UNIT_TEST(test_a_box_with_any_other_bit_of_keystore_or_challenge_is_refused),
        UNIT_TEST(test_a_box_of_another_length_is_refused),
        UNIT_TEST(test_a_box_rightly_sealed_of_another_length_is_refused),
        UNIT_TEST(test_fields_at_their_bounds_are_taken),
        UNIT_TEST(test_fields_out_of_their_bounds_are_refused),
        UNIT_TEST(test_a_share_that_is_a_secret_alone_is_refused),
        UNIT_TEST(test_a_box_of_a_kind_that_is_none_is_refused),
        UNIT_TEST(test_a_box_with_another_magic_is_refused),
        UNIT_TEST(test_a_box_for_a_public_key_that_is_none_is_zeros),
        UNIT_TEST(test_a_fingerprint_is_the_one_that_python_makes),
        UNIT_TEST(test_vaults_in_another_order_have_another_fingerprint),
    };
    return prepare() ? UNIT_RUN("unseal_box", tests) : 1;
}
