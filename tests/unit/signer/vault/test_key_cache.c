/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/vault/key_cache.h"

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* Keys live in the arena, which is one per process and not inherited: each test is a child. */

#define IN_A_CHILD(name)                                                                                               \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        unit_child(name##_body);                                                                                       \
    }

static const struct policy policy = { 1 << SCHEME_EDDSA, 0 };

static bool add(uint8_t name)
{
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { name };
    struct crypto_key *key = NULL;
    return crypto_generate(ALGORITHM_ED25519, policy, &key) == FAULT_NONE
        && key_cache_add(fingerprint, policy, key) == FAULT_NONE;
}

/* OpenSSL keeps something for good when it makes its first keys. */
static bool start(void)
{
    bool started = arena_open(ARENA_MAX) && secret_start() && crypto_start() && add(1) && add(2);
    key_cache_forget_all();
    return started;
}

static struct cached_key *find(uint8_t name)
{
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { name };
    return key_cache_find(fingerprint);
}

static void forget(uint8_t name)
{
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { name };
    key_cache_forget(fingerprint);
}

static void test_a_key_that_was_added_is_found_until_it_is_forgotten_body(void)
{
    UNIT_NEED(start());
    CU_ASSERT(find(1) == NULL && !key_cache_drop_oldest());
    UNIT_NEED(add(1) && add(2));
    struct cached_key *one = find(1);
    UNIT_NEED(one != NULL);
    CU_ASSERT(one->fingerprint[0] == 1 && one->policy.schemes == policy.schemes && one->key != NULL);
    CU_ASSERT(find(2) != one && find(3) == NULL);
    forget(3);
    forget(1);
    CU_ASSERT(find(1) == NULL && find(2) != NULL);
    key_cache_forget_all();
    CU_ASSERT(find(2) == NULL);
}
IN_A_CHILD(test_a_key_that_was_added_is_found_until_it_is_forgotten)

static void test_the_key_that_was_unused_longest_is_dropped_first_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(add(1) && add(2) && add(3) && add(4));
    CU_ASSERT(find(1) != NULL && find(3) != NULL); /* from old to new: 2 4 1 3 */
    CU_ASSERT(key_cache_drop_oldest() && key_cache_drop_oldest());
    struct cached_key *one = find(1);
    CU_ASSERT(one != NULL && find(2) == NULL && find(4) == NULL);
    CU_ASSERT(key_cache_drop_oldest() && find(3) == NULL && find(1) == one);
    CU_ASSERT(key_cache_drop_oldest() && !key_cache_drop_oldest());
}
IN_A_CHILD(test_the_key_that_was_unused_longest_is_dropped_first)

static void test_a_key_added_under_a_name_that_is_taken_replaces_the_other_body(void)
{
    UNIT_NEED(start());
    UNIT_NEED(add(1) && add(2));
    UNIT_NEED(add(1));
    CU_ASSERT(key_cache_drop_oldest() && find(2) == NULL && find(1) != NULL);
    CU_ASSERT(key_cache_drop_oldest() && !key_cache_drop_oldest());
}
IN_A_CHILD(test_a_key_added_under_a_name_that_is_taken_replaces_the_other)

/* Names that fall into one bucket are kept apart. */
static void test_keys_whose_names_fall_into_one_bucket_are_kept_apart_body(void)
{
    uint8_t a[KEY_FINGERPRINT_SIZE] = { 1 }, b[KEY_FINGERPRINT_SIZE] = { 1 };
    struct crypto_key *first = NULL, *second = NULL;
    UNIT_NEED(start());
    b[KEY_FINGERPRINT_SIZE - 1] = 1;
    UNIT_NEED(crypto_generate(ALGORITHM_ED25519, policy, &first) == FAULT_NONE);
    UNIT_NEED(crypto_generate(ALGORITHM_ED25519, policy, &second) == FAULT_NONE);
    CU_ASSERT(key_cache_add(a, policy, first) == FAULT_NONE && key_cache_add(b, policy, second) == FAULT_NONE);
    CU_ASSERT(key_cache_find(a)->key == first && key_cache_find(b)->key == second);
    key_cache_forget(a);
    CU_ASSERT(key_cache_find(a) == NULL && key_cache_find(b)->key == second);
    key_cache_forget(b);
}
IN_A_CHILD(test_keys_whose_names_fall_into_one_bucket_are_kept_apart)

static void test_keys_that_came_and_went_leave_the_arena_as_it_was_body(void)
{
    UNIT_NEED(start());
    size_t before = arena_available();
    for (uint8_t i = 0; i < 100; i++)
        CU_ASSERT(add(i % 10));
    key_cache_forget_all();
    CU_ASSERT(arena_available() + 512 > before); /* a hundred keys came and went */
}
IN_A_CHILD(test_keys_that_came_and_went_leave_the_arena_as_it_was)

/* Where there is no room for the entry the key goes too. */
static void test_a_key_without_room_for_its_entry_is_freed_body(void)
{
    UNIT_NEED(start());
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { 1 };
    struct crypto_key *key = NULL;
    void *ballast = NULL, **block;
    size_t before = arena_available();
    UNIT_NEED(crypto_generate(ALGORITHM_ED25519, policy, &key) == FAULT_NONE);
    for (size_t size = arena_size(); size >= sizeof ballast; size /= 2)
        while ((block = arena_alloc(size)) != NULL) {
            *block = ballast;
            ballast = block;
        }
    CU_ASSERT(key_cache_add(fingerprint, policy, key) == FAULT_MEMORY);
    for (void *next; ballast; ballast = next) {
        next = *(void **)ballast;
        arena_free(ballast);
    }
    CU_ASSERT(key_cache_find(fingerprint) == NULL && arena_available() + 64 > before);
}
IN_A_CHILD(test_a_key_without_room_for_its_entry_is_freed)

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_key_that_was_added_is_found_until_it_is_forgotten),
        UNIT_TEST(test_the_key_that_was_unused_longest_is_dropped_first),
        UNIT_TEST(test_a_key_added_under_a_name_that_is_taken_replaces_the_other),
        UNIT_TEST(test_keys_whose_names_fall_into_one_bucket_are_kept_apart),
        UNIT_TEST(test_keys_that_came_and_went_leave_the_arena_as_it_was),
        UNIT_TEST(test_a_key_without_room_for_its_entry_is_freed),
    };
    return UNIT_RUN("key_cache", tests);
}
