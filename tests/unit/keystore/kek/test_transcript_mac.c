/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/transcript_mac.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* The worked example of FORMAT.md, which tests/vectors/check_vectors.py makes independently: KEK 00 01 … 1f, keystore
 * id a0 … af, previous 20 … 3f. */
static const char entry[] = "signer transcript 2\n"
                            "keystore a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\n"
                            "number 2\n"
                            "previous 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\n"
                            "verb split\n"
                            "time 2026-01-01T00:00:00Z\n"
                            "kek 3f91-8a17-b121-6618\n";
static const char known[] = "14861be02677fef356e0e689803eaa5f290d3bccfa54bdc1b77d24eaf943b3b2";

static struct kek kek;
static struct transcript_claim claim = { .number = 2 };

static bool prepare(void)
{
    uint8_t raw[KEK_SIZE];
    for (unsigned i = 0; i < KEK_SIZE; i++)
        raw[i] = (uint8_t)i;
    for (unsigned i = 0; i < KEYSTORE_ID_SIZE; i++)
        claim.keystore_id[i] = (uint8_t)(0xa0 + i);
    for (unsigned i = 0; i < SHA256_SIZE; i++)
        claim.previous[i] = (uint8_t)(0x20 + i);
    sha256(entry, strlen(entry), claim.sha256);
    return secret_start() && kek_from_bytes(raw, &kek) == FAULT_NONE;
}

static void test_a_known_mac_is_computed(void)
{
    uint8_t mac[TRANSCRIPT_MAC_SIZE], expected[TRANSCRIPT_MAC_SIZE];
    transcript_mac(&kek, &claim, mac);
    CU_ASSERT(unit_hex(known, expected, sizeof expected) == sizeof expected && memcmp(mac, expected, sizeof mac) == 0);
}

static void expect_another(const struct transcript_claim *changed)
{
    uint8_t first[TRANSCRIPT_MAC_SIZE], other[TRANSCRIPT_MAC_SIZE];
    transcript_mac(&kek, &claim, first);
    transcript_mac(&kek, changed, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
}

static void test_a_flipped_bit_of_the_claim_gives_another_mac(void)
{
    for (size_t bit = 0; bit < 8 * sizeof claim; bit++) {
        struct transcript_claim changed = claim;
        ((uint8_t *)&changed)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_another(&changed);
    }
}

static void test_another_kek_gives_another_mac(void)
{
    uint8_t first[TRANSCRIPT_MAC_SIZE], other[TRANSCRIPT_MAC_SIZE], raw[KEK_SIZE] = { 1 };
    struct kek stranger;
    UNIT_NEED(kek_from_bytes(raw, &stranger) == FAULT_NONE);
    transcript_mac(&kek, &claim, first);
    transcript_mac(&stranger, &claim, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
}

/* A running signer makes MACs of archives for whoever has the role; none of those may pass for an entry's. */
static void test_the_key_is_not_that_of_archives(void)
{
    uint8_t archive[SUBKEY_SIZE], transcript[SUBKEY_SIZE];
    kek_derive(&kek, KEK_FOR_ARCHIVE, archive);
    kek_derive(&kek, KEK_FOR_TRANSCRIPT, transcript);
    CU_ASSERT(memcmp(archive, transcript, sizeof archive) != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_mac_is_computed),
        UNIT_TEST(test_a_flipped_bit_of_the_claim_gives_another_mac),
        UNIT_TEST(test_another_kek_gives_another_mac),
        UNIT_TEST(test_the_key_is_not_that_of_archives),
    };
    return prepare() ? UNIT_RUN("transcript_mac", tests) : 1;
}
