/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/claim_mac.h"

#include <sodium.h>

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static struct kek kek;
static const uint8_t keystore_id[KEYSTORE_ID_SIZE] = "a keystore's id", rest[CLAIM_REST_MAX] = "the rest";

static void mac_of(enum kek_purpose purpose, const char *magic, size_t length, uint8_t out[static CLAIM_MAC_SIZE])
{
    const struct claim claim = { purpose, magic, keystore_id, rest, length };
    claim_mac(&kek, &claim, out);
}

/* Put together here byte by byte, as FORMAT.md has it. */
static void test_it_is_the_keyed_hash_of_the_bytes_in_their_order(void)
{
    uint8_t key[SUBKEY_SIZE], said[8 + 4 + 16 + 8 + 40] = { 0 }, wanted[CLAIM_MAC_SIZE], mac[CLAIM_MAC_SIZE];
    memcpy(said, "SIGNRXYZ", 8);
    said[11] = 1;
    memcpy(said + 12, keystore_id, 16);
    memcpy(said + 28, kek.id.bytes, 8);
    memcpy(said + 36, rest, 40);
    kek_derive(&kek, KEK_FOR_DRILL, key);
    CU_ASSERT(crypto_generichash(wanted, sizeof wanted, said, sizeof said, key, sizeof key) == 0);
    mac_of(KEK_FOR_DRILL, "SIGNRXYZ", 40, mac);
    CU_ASSERT(memcmp(mac, wanted, sizeof mac) == 0);
}

static void test_purpose_magic_and_length_each_make_another_mac(void)
{
    uint8_t first[CLAIM_MAC_SIZE], other[CLAIM_MAC_SIZE];
    mac_of(KEK_FOR_DRILL, "SIGNRXYZ", 40, first);
    mac_of(KEK_FOR_ARCHIVE, "SIGNRXYZ", 40, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    mac_of(KEK_FOR_DRILL, "SIGNRXYA", 40, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    mac_of(KEK_FOR_DRILL, "SIGNRXYZ", 41, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    mac_of(KEK_FOR_DRILL, "SIGNRXYZ", CLAIM_REST_MAX, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_it_is_the_keyed_hash_of_the_bytes_in_their_order),
        UNIT_TEST(test_purpose_magic_and_length_each_make_another_mac),
    };
    uint8_t raw[KEK_SIZE] = "a KEK for claims";
    return secret_start() && kek_from_bytes(raw, &kek) == FAULT_NONE ? UNIT_RUN("claim_mac", tests) : 1;
}
