/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/kek.h"

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* Made from the KEK 00 01 … 1f with another library, by the derivations of FORMAT.md. */
static const char id_hex[] = "3f918a17b1216618";
static const char header_key_hex[] = "ea4c0def623f16549933606042c6e88853b4f3a0d1abb85b3dbc851819961460";
static const char wrap_key_hex[] = "95d37b75421e4e55d6eacb2217672c96e8962eb03bd8510d1015c125c3f3af6b";
static const char base64[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static uint8_t raw[KEK_SIZE];
static struct kek kek;

static bool prepare(void)
{
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)i;
    return secret_start() && arena_open(ARENA_MIN);
}

static enum fault read_text(const char *text)
{
    memset(&kek, 0, sizeof kek);
    return kek_from_file((const uint8_t *)text, strlen(text), &kek);
}

static void test_a_known_kek_has_its_known_id(void)
{
    uint8_t wanted[KEK_ID_SIZE];
    char text[KEK_ID_TEXT];
    CU_ASSERT(unit_hex(id_hex, wanted, sizeof wanted) == sizeof wanted);
    CU_ASSERT(kek_from_bytes(raw, &kek) == FAULT_NONE);
    CU_ASSERT(memcmp(kek.id.bytes, wanted, sizeof wanted) == 0);
    CU_ASSERT(memcmp(kek.key, raw, sizeof raw) == 0);
    kek_id_text(&kek.id, text);
    CU_ASSERT_STRING_EQUAL(text, "3f91-8a17-b121-6618");
}

static void test_a_known_kek_has_its_known_subkeys(void)
{
    uint8_t wanted[SUBKEY_SIZE], subkey[SUBKEY_SIZE];
    CU_ASSERT(kek_from_bytes(raw, &kek) == FAULT_NONE);
    CU_ASSERT(unit_hex(header_key_hex, wanted, sizeof wanted) == sizeof wanted);
    kek_derive(&kek, KEK_FOR_HEADER, subkey);
    CU_ASSERT(memcmp(subkey, wanted, sizeof wanted) == 0);
    CU_ASSERT(unit_hex(wrap_key_hex, wanted, sizeof wanted) == sizeof wanted);
    kek_derive(&kek, KEK_FOR_WRAP, subkey);
    CU_ASSERT(memcmp(subkey, wanted, sizeof wanted) == 0);
}

static void test_a_file_of_32_raw_bytes_is_a_kek(void)
{
    CU_ASSERT(kek_from_file(raw, sizeof raw, &kek) == FAULT_NONE);
    CU_ASSERT(memcmp(kek.key, raw, sizeof raw) == 0);
}

static void test_a_file_of_base64_is_a_kek(void)
{
    char line[sizeof base64 + 2];
    CU_ASSERT(read_text(base64) == FAULT_NONE && memcmp(kek.key, raw, sizeof raw) == 0);
    snprintf(line, sizeof line, "%s\n", base64);
    CU_ASSERT(read_text(line) == FAULT_NONE && memcmp(kek.key, raw, sizeof raw) == 0);
    snprintf(line, sizeof line, "%s\n\n", base64);
    CU_ASSERT(read_text(line) == FAULT_KEK_MALFORMED);
    snprintf(line, sizeof line, "%s ", base64);
    CU_ASSERT(read_text(line) == FAULT_KEK_MALFORMED);
    snprintf(line, sizeof line, "\n%s", base64);
    CU_ASSERT(read_text(line) == FAULT_KEK_MALFORMED);
}

/* Every byte at every place: only digits are accepted, and all of them where no bits are over. */
static void test_base64_with_any_wrong_character_is_refused(void)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t strangers = 0, refused = 0;
    for (size_t place = 0; place < 43; place++)
        for (int c = 0; c < 256; c++) {
            uint8_t text[44];
            memcpy(text, base64, sizeof text);
            text[place] = (uint8_t)c;
            bool digit = c != 0 && strchr(digits, c) != NULL;
            enum fault fault = kek_from_file(text, sizeof text, &kek);
            CU_ASSERT(fault == FAULT_NONE || fault == FAULT_KEK_MALFORMED);
            strangers += !digit && !fault;
            refused += digit && fault && place < 42;
        }
    CU_ASSERT_EQUAL(strangers, 0);
    CU_ASSERT_EQUAL(refused, 0);
}

static void test_base64_of_another_size_is_refused(void)
{
    CU_ASSERT(read_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A") == FAULT_KEK_MALFORMED);
    CU_ASSERT(read_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==") == FAULT_KEK_MALFORMED);
}

/* The last digit before the padding has two bits of no meaning: one encoding per value. */
static void test_base64_has_one_encoding(void)
{
    CU_ASSERT(read_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=") == FAULT_KEK_MALFORMED);
}

static void test_a_file_of_any_other_length_is_refused(void)
{
    uint8_t content[KEK_FILE_MAX];
    memset(content, 'A', sizeof content);
    for (size_t length = 0; length <= sizeof content; length++) {
        enum fault fault = kek_from_file(content, length, &kek);
        CU_ASSERT(fault == FAULT_KEK_MALFORMED);
    }
    content[0] = 'B';
    CU_ASSERT(kek_from_file(content, 31, &kek) == FAULT_KEK_MALFORMED);
    CU_ASSERT(kek_from_file(content, 32, &kek) == FAULT_NONE);
    CU_ASSERT(kek_from_file(content, 33, &kek) == FAULT_KEK_MALFORMED);
    CU_ASSERT(kek_from_file(content, 34, &kek) == FAULT_KEK_MALFORMED);
}

static void test_a_raw_kek_that_a_text_editor_has_touched_is_refused(void)
{
    uint8_t content[KEK_SIZE + 1];
    memcpy(content, raw, sizeof raw);
    content[KEK_SIZE] = '\n';
    CU_ASSERT(kek_from_file(content, sizeof content, &kek) == FAULT_KEK_MALFORMED);
}

static void test_a_kek_of_one_repeated_byte_is_refused(void)
{
    uint8_t constant[KEK_SIZE];
    for (unsigned value = 0; value < 256; value++) {
        memset(constant, (int)value, sizeof constant);
        CU_ASSERT(kek_from_bytes(constant, &kek) == FAULT_KEK_MALFORMED);
        CU_ASSERT(kek_from_file(constant, sizeof constant, &kek) == FAULT_KEK_MALFORMED);
        constant[value % KEK_SIZE] ^= 1;
        CU_ASSERT(kek_from_bytes(constant, &kek) == FAULT_NONE);
    }
}

static void test_a_protected_kek_is_told_as_such(void)
{
    CU_ASSERT(read_text("SIGNRPKE and a salt, and what follows it in such a file") == FAULT_KEK_PROTECTED);
    CU_ASSERT(read_text("SIGNRPKE!") == FAULT_KEK_PROTECTED);
    CU_ASSERT(read_text("SIGNRPK") == FAULT_KEK_MALFORMED);
    CU_ASSERT(read_text("signrpke and a salt") == FAULT_KEK_MALFORMED);
}

static void test_a_new_kek_is_like_no_other(void)
{
    struct kek *first = kek_new(), *second = kek_new();
    UNIT_NEED(first && second);
    CU_ASSERT(memcmp(first->key, second->key, KEK_SIZE) != 0 && !kek_id_equal(&first->id, &second->id));
    CU_ASSERT(kek_from_bytes(first->key, &kek) == FAULT_NONE && kek_id_equal(&kek.id, &first->id));
    arena_free(first);
    arena_free(second);
}

static void test_ids_are_compared_whole(void)
{
    struct kek_id a = { { 1, 2, 3, 4, 5, 6, 7, 8 } }, b = a;
    CU_ASSERT(kek_id_equal(&a, &b));
    for (size_t i = 0; i < KEK_ID_SIZE; i++) {
        b = a;
        b.bytes[i] ^= 0x80;
        CU_ASSERT(!kek_id_equal(&a, &b));
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_known_kek_has_its_known_id),
        UNIT_TEST(test_a_known_kek_has_its_known_subkeys),
        UNIT_TEST(test_a_file_of_32_raw_bytes_is_a_kek),
        UNIT_TEST(test_a_file_of_base64_is_a_kek),
        UNIT_TEST(test_base64_with_any_wrong_character_is_refused),
        UNIT_TEST(test_base64_of_another_size_is_refused),
        UNIT_TEST(test_base64_has_one_encoding),
        UNIT_TEST(test_a_file_of_any_other_length_is_refused),
        UNIT_TEST(test_a_raw_kek_that_a_text_editor_has_touched_is_refused),
        UNIT_TEST(test_a_kek_of_one_repeated_byte_is_refused),
        UNIT_TEST(test_a_protected_kek_is_told_as_such),
        UNIT_TEST(test_a_new_kek_is_like_no_other),
        UNIT_TEST(test_ids_are_compared_whole),
    };
    return prepare() ? UNIT_RUN("kek", tests) : 1;
}
