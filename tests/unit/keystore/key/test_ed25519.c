/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of RFC 8032, 7.1. */
#include "keystore/key/ed25519.h"

#include "tests/unit/unit.h"

struct vector {
    const char *seed, *public, *message, *signature; /* hexadecimal */
};

static const struct vector vectors[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
      "d25bf5f0595bbe24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
      "387b2eaeb4302aeeb00d291612bb0c00" },
};

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t length = strlen(hex) / 2;
    for (size_t i = 0; i < length; i++) {
        unsigned byte = 0;
        CU_ASSERT(sscanf(hex + 2 * i, "%2x", &byte) == 1);
        out[i] = (uint8_t)byte;
    }
    return length;
}

static void test_known_seeds_have_their_known_public_keys(void)
{
    for (size_t i = 0; i < UNIT_COUNT(vectors); i++) {
        uint8_t seed[ED25519_SEED], public[32], secret[ED25519_SECRET];
        from_hex(vectors[i].seed, seed);
        from_hex(vectors[i].public, public);
        ed25519_expand(seed, secret);
        CU_ASSERT(memcmp(secret, seed, sizeof seed) == 0);
        CU_ASSERT(memcmp(secret + sizeof seed, public, sizeof public) == 0);
    }
}

static void test_known_messages_have_their_known_signatures(void)
{
    for (size_t i = 0; i < UNIT_COUNT(vectors); i++) {
        uint8_t seed[ED25519_SEED], secret[ED25519_SECRET], message[8], expected[ED25519_SIGNATURE];
        uint8_t signature[ED25519_SIGNATURE] = { 0 };
        from_hex(vectors[i].seed, seed);
        from_hex(vectors[i].signature, expected);
        size_t length = from_hex(vectors[i].message, message);
        ed25519_expand(seed, secret);
        ed25519_sign(secret, message, length, signature);
        CU_ASSERT(memcmp(signature, expected, sizeof expected) == 0);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_known_seeds_have_their_known_public_keys),
        UNIT_TEST(test_known_messages_have_their_known_signatures),
    };
    return UNIT_RUN("ed25519", tests);
}
