/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/archive_mac.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* Made with Python's hashlib from FORMAT.md: KEK 00 01 … 1f, keystore id a0 … af, SHA-256 20 … 3f. */
static const char known[] = "0295b1c229f5a26fc043f145c1d204e39bc02b91f8352d9652093281ecabe592";

static struct kek kek;
static struct archive_claim claim = { .time = 1767225600 };

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
    uint8_t mac[ARCHIVE_MAC_SIZE], expected[ARCHIVE_MAC_SIZE];
    archive_mac(&kek, &claim, mac);
    CU_ASSERT(unit_hex(known, expected, sizeof expected) == sizeof expected && memcmp(mac, expected, sizeof mac) == 0);
}

static void test_a_flipped_bit_of_the_claim_gives_another_mac(void)
{
    uint8_t first[ARCHIVE_MAC_SIZE], other[ARCHIVE_MAC_SIZE];
    archive_mac(&kek, &claim, first);
    for (size_t bit = 0; bit < 8 * KEYSTORE_ID_SIZE; bit++) {
        struct archive_claim changed = claim;
        changed.keystore_id[bit / 8] ^= (uint8_t)(1 << bit % 8);
        archive_mac(&kek, &changed, other);
        CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    }
    for (size_t bit = 0; bit < 8 * SHA256_SIZE; bit++) {
        struct archive_claim changed = claim;
        changed.sha256[bit / 8] ^= (uint8_t)(1 << bit % 8);
        archive_mac(&kek, &changed, other);
        CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    }
    for (size_t bit = 0; bit < 64; bit++) {
        struct archive_claim changed = claim;
        changed.time ^= (uint64_t)1 << bit;
        archive_mac(&kek, &changed, other);
        CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    }
}

static void test_another_kek_gives_another_mac(void)
{
    uint8_t first[ARCHIVE_MAC_SIZE], other[ARCHIVE_MAC_SIZE], raw[KEK_SIZE] = { 1 };
    struct kek stranger;
    UNIT_NEED(kek_from_bytes(raw, &stranger) == FAULT_NONE);
    archive_mac(&kek, &claim, first);
    archive_mac(&stranger, &claim, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_mac_is_computed),
        UNIT_TEST(test_a_flipped_bit_of_the_claim_gives_another_mac),
        UNIT_TEST(test_another_kek_gives_another_mac),
    };
    return prepare() ? UNIT_RUN("archive_mac", tests) : 1;
}
