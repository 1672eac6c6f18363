/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/drill_mac.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* The worked example of FORMAT.md, which tests/vectors/check_vectors.py makes independently: KEK 00 01 … 1f, keystore
 * id a0 … af, SHA-256 20 … 3f. */
static const char known[] = "10b43ca795961ca39f8ec48bed671b0174a3688a81c9ba5d09626dbb489c8ee8";

static struct kek kek;
static struct drill_claim claim;

static bool prepare(void)
{
    uint8_t raw[KEK_SIZE];
    for (unsigned i = 0; i < KEK_SIZE; i++)
        raw[i] = (uint8_t)i;
    for (unsigned i = 0; i < KEYSTORE_ID_SIZE; i++)
        claim.keystore_id[i] = (uint8_t)(0xa0 + i);
    for (unsigned i = 0; i < SHA256_SIZE; i++)
        claim.sha256[i] = (uint8_t)(0x20 + i);
    return secret_start() && kek_from_bytes(raw, &kek) == FAULT_NONE;
}

static void test_a_known_mac_is_computed(void)
{
    uint8_t mac[DRILL_MAC_SIZE], expected[DRILL_MAC_SIZE];
    drill_mac(&kek, &claim, mac);
    CU_ASSERT(unit_hex(known, expected, sizeof expected) == sizeof expected && memcmp(mac, expected, sizeof mac) == 0);
}

static void test_a_flipped_bit_of_the_claim_gives_another_mac(void)
{
    uint8_t first[DRILL_MAC_SIZE], other[DRILL_MAC_SIZE];
    drill_mac(&kek, &claim, first);
    for (size_t bit = 0; bit < 8 * KEYSTORE_ID_SIZE; bit++) {
        struct drill_claim changed = claim;
        changed.keystore_id[bit / 8] ^= (uint8_t)(1 << bit % 8);
        drill_mac(&kek, &changed, other);
        CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    }
    for (size_t bit = 0; bit < 8 * SHA256_SIZE; bit++) {
        struct drill_claim changed = claim;
        changed.sha256[bit / 8] ^= (uint8_t)(1 << bit % 8);
        drill_mac(&kek, &changed, other);
        CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    }
}

static void test_another_kek_gives_another_mac(void)
{
    uint8_t first[DRILL_MAC_SIZE], other[DRILL_MAC_SIZE], raw[KEK_SIZE] = { 1 };
    struct kek stranger;
    UNIT_NEED(kek_from_bytes(raw, &stranger) == FAULT_NONE);
    drill_mac(&kek, &claim, first);
    drill_mac(&stranger, &claim, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
}

static void test_the_key_is_not_that_of_archives_or_transcripts(void)
{
    uint8_t drill[SUBKEY_SIZE], other[SUBKEY_SIZE];
    kek_derive(&kek, KEK_FOR_DRILL, drill);
    kek_derive(&kek, KEK_FOR_ARCHIVE, other);
    CU_ASSERT(memcmp(drill, other, sizeof drill) != 0);
    kek_derive(&kek, KEK_FOR_TRANSCRIPT, other);
    CU_ASSERT(memcmp(drill, other, sizeof drill) != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_mac_is_computed),
        UNIT_TEST(test_a_flipped_bit_of_the_claim_gives_another_mac),
        UNIT_TEST(test_another_kek_gives_another_mac),
        UNIT_TEST(test_the_key_is_not_that_of_archives_or_transcripts),
    };
    return prepare() ? UNIT_RUN("drill_mac", tests) : 1;
}
