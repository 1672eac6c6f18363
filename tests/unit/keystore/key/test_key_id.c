/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/key/key_id.h"

#include "tests/unit/unit.h"

#define FIRST "abcdefghijklmnopqrstuvwxyz0123456789"
#define LATER FIRST "._-"

static bool stands_in(const char *set, int c)
{
    return c != 0 && strchr(set, c) != NULL;
}

static void test_an_id_begins_with_a_letter_or_digit_alone(void)
{
    for (int c = 0; c < 256; c++) {
        char alone[] = { (char)c, '\0' }, before[] = { (char)c, 'a', '\0' };
        CU_ASSERT(key_id_valid(alone) == stands_in(FIRST, c));
        CU_ASSERT(key_id_valid(before) == stands_in(FIRST, c));
    }
}

static void test_an_id_goes_on_with_its_alphabet_alone(void)
{
    for (int c = 1; c < 256; c++) {
        char middle[] = { 'a', (char)c, 'z', '\0' }, last[] = { '0', (char)c, '\0' };
        CU_ASSERT(key_id_valid(middle) == stands_in(LATER, c));
        CU_ASSERT(key_id_valid(last) == stands_in(LATER, c));
    }
}

static void test_an_id_of_no_or_too_many_characters_is_none(void)
{
    char text[KEY_ID_SIZE + 2] = { 0 };
    struct key_id id;
    CU_ASSERT(!key_id_valid(NULL) && !key_id_valid(""));
    memset(text, 'a', KEY_ID_SIZE);
    CU_ASSERT(key_id_valid(text) && key_id_from_text(text, &id));
    CU_ASSERT_STRING_EQUAL(id.text, text);
    text[KEY_ID_SIZE] = 'a';
    CU_ASSERT(!key_id_valid(text) && !key_id_from_text(text, &id));
}

static void test_text_is_padded_with_zeros(void)
{
    struct key_id id;
    memset(&id, 0x55, sizeof id);
    CU_ASSERT(key_id_from_text("ca-1.old_2", &id));
    CU_ASSERT_STRING_EQUAL(id.text, "ca-1.old_2");
    CU_ASSERT(unit_all((const uint8_t *)id.text + 10, sizeof id.text - 10, 0));
    memset(&id, 0x55, sizeof id);
    CU_ASSERT(!key_id_from_text("CA", &id));
    CU_ASSERT(unit_all((const uint8_t *)&id, sizeof id, 0));
}

static void test_a_field_that_holds_an_id_is_read_and_any_other_refused(void)
{
    unsigned char field[KEY_ID_SIZE] = { 0 };
    struct key_id id;
    CU_ASSERT(!key_id_from_field(field, &id));
    memcpy(field, "issuing-ca", 10);
    CU_ASSERT(key_id_from_field(field, &id));
    CU_ASSERT_STRING_EQUAL(id.text, "issuing-ca");
    memset(field, '7', sizeof field);
    CU_ASSERT(key_id_from_field(field, &id) && strlen(id.text) == KEY_ID_SIZE);
    field[63] = '/';
    CU_ASSERT(!key_id_from_field(field, &id));
}

static void test_nothing_follows_a_fields_first_zero(void)
{
    for (size_t zero = 1; zero < KEY_ID_SIZE - 1; zero++)
        for (size_t later = zero + 1; later < KEY_ID_SIZE; later++) {
            unsigned char field[KEY_ID_SIZE] = { 0 };
            struct key_id id;
            memset(field, 'a', zero);
            field[later] = 'a';
            CU_ASSERT(!key_id_from_field(field, &id));
        }
}

static void test_a_file_name_with_its_suffix_is_an_id_and_any_other_none(void)
{
    struct key_id id;
    CU_ASSERT(key_id_from_file("a.key", ".key", &id) && strcmp(id.text, "a") == 0);
    CU_ASSERT(key_id_from_file("a.key.key", ".key", &id) && strcmp(id.text, "a.key") == 0);
    static const char *const none[] = { "",       ".key",       "a",       "a.pem",  "A.key", "a.KEY",
                                        "a.key~", ".tmp-0.key", "a b.key", "_a.key", "..key" };
    for (size_t i = 0; i < UNIT_COUNT(none); i++)
        CU_ASSERT(!key_id_from_file(none[i], ".key", &id) && id.text[0] == '\0');
}

static void test_a_file_name_with_the_longest_id_is_one_and_a_longer_none(void)
{
    char name[KEY_ID_SIZE + 6] = { 0 };
    struct key_id id;
    memset(name, 'k', KEY_ID_SIZE);
    memcpy(name + KEY_ID_SIZE, ".key", 4);
    CU_ASSERT(key_id_from_file(name, ".key", &id) && strlen(id.text) == KEY_ID_SIZE);
    memset(name, 'k', KEY_ID_SIZE + 1);
    memcpy(name + KEY_ID_SIZE + 1, ".key", 4);
    CU_ASSERT(!key_id_from_file(name, ".key", &id));
}

static void test_an_id_has_one_hash_and_another_id_another(void)
{
    struct key_id a, b;
    CU_ASSERT(key_id_from_text("a", &a) && key_id_from_text("b", &b));
    CU_ASSERT(key_id_hash(&a) == key_id_hash(&a) && key_id_hash(&a) != key_id_hash(&b));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_id_begins_with_a_letter_or_digit_alone),
        UNIT_TEST(test_an_id_goes_on_with_its_alphabet_alone),
        UNIT_TEST(test_an_id_of_no_or_too_many_characters_is_none),
        UNIT_TEST(test_text_is_padded_with_zeros),
        UNIT_TEST(test_a_field_that_holds_an_id_is_read_and_any_other_refused),
        UNIT_TEST(test_nothing_follows_a_fields_first_zero),
        UNIT_TEST(test_a_file_name_with_its_suffix_is_an_id_and_any_other_none),
        UNIT_TEST(test_a_file_name_with_the_longest_id_is_one_and_a_longer_none),
        UNIT_TEST(test_an_id_has_one_hash_and_another_id_another),
    };
    return UNIT_RUN("key_id", tests);
}
