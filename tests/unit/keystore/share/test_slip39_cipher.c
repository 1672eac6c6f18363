/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/share/slip39_cipher.h"

#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

static const uint8_t secret[32] = "a master secret of 32 bytes, two";

/* The official vectors (unit.slip39) prove the values; here is what encryption must be. */
static void test_what_was_encrypted_is_decrypted_again(void)
{
    for (uint8_t exponent = 0; exponent < 3; exponent++)
        for (size_t length = 16; length <= 32; length += 2) {
            const struct slip39_cipher cipher = { 12345, exponent == 1, exponent, exponent ? "words" : "" };
            uint8_t encrypted[32], back[32];
            slip39_cipher_encrypt(&cipher, secret, length, encrypted);
            slip39_cipher_decrypt(&cipher, encrypted, length, back);
            CU_ASSERT(memcmp(encrypted, secret, length) != 0 && memcmp(back, secret, length) == 0);
        }
}

static void check_differs(struct slip39_cipher other)
{
    const struct slip39_cipher cipher = { 1, false, 0, "" };
    uint8_t a[32], b[32];
    slip39_cipher_encrypt(&cipher, secret, 32, a);
    slip39_cipher_encrypt(&other, secret, 32, b);
    CU_ASSERT(memcmp(a, b, 32) != 0);
}

static void test_another_passphrase_id_or_exponent_decrypts_to_something_else(void)
{
    check_differs((struct slip39_cipher){ 2, false, 0, "" });
    check_differs((struct slip39_cipher){ 1, true, 0, "" });
    check_differs((struct slip39_cipher){ 1, false, 1, "" });
    check_differs((struct slip39_cipher){ 1, false, 0, "x" });
}

static void test_the_id_of_an_extendable_set_does_not_count(void)
{
    const struct slip39_cipher one = { 1, true, 0, "" }, two = { 2, true, 0, "" };
    uint8_t a[32], b[32];
    slip39_cipher_encrypt(&one, secret, 32, a);
    slip39_cipher_encrypt(&two, secret, 32, b);
    CU_ASSERT(memcmp(a, b, 32) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_what_was_encrypted_is_decrypted_again),
                                              UNIT_TEST(
                                                  test_another_passphrase_id_or_exponent_decrypts_to_something_else),
                                              UNIT_TEST(test_the_id_of_an_extendable_set_does_not_count) };
    return secret_start() ? UNIT_RUN("slip39_cipher", tests) : 1;
}
