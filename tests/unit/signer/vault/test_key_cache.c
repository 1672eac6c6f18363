#include "signer/vault/key_cache.h"

#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

/* Keys live in the arena, which is one per process and not inherited: the tests run in a child. */

static const struct policy policy = { 1 << SCHEME_EDDSA, 0 };

static bool add(uint8_t name)
{
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { name };
    struct crypto_key *key = NULL;
    return crypto_generate(ALGORITHM_ED25519, policy, &key) == FAULT_NONE
        && key_cache_add(fingerprint, policy, key) == FAULT_NONE;
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

static void find_what_was_added(void)
{
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

static void longest_unused_goes_first(void)
{
    UNIT_NEED(add(1) && add(2) && add(3) && add(4));
    CU_ASSERT(find(1) != NULL && find(3) != NULL); /* from old to new: 2 4 1 3 */
    CU_ASSERT(key_cache_drop_oldest() && key_cache_drop_oldest());
    struct cached_key *one = find(1);
    CU_ASSERT(one != NULL && find(2) == NULL && find(4) == NULL);
    CU_ASSERT(key_cache_drop_oldest() && find(3) == NULL && find(1) == one);
    CU_ASSERT(key_cache_drop_oldest() && !key_cache_drop_oldest());
}

static void replaced_under_its_name(void)
{
    UNIT_NEED(add(1) && add(2));
    UNIT_NEED(add(1));
    CU_ASSERT(key_cache_drop_oldest() && find(2) == NULL && find(1) != NULL);
    CU_ASSERT(key_cache_drop_oldest() && !key_cache_drop_oldest());
}

/* Names that fall into one bucket are kept apart. */
static void one_bucket(void)
{
    uint8_t a[KEY_FINGERPRINT_SIZE] = { 1 }, b[KEY_FINGERPRINT_SIZE] = { 1 };
    struct crypto_key *first = NULL, *second = NULL;
    b[KEY_FINGERPRINT_SIZE - 1] = 1;
    UNIT_NEED(crypto_generate(ALGORITHM_ED25519, policy, &first) == FAULT_NONE);
    UNIT_NEED(crypto_generate(ALGORITHM_ED25519, policy, &second) == FAULT_NONE);
    CU_ASSERT(key_cache_add(a, policy, first) == FAULT_NONE && key_cache_add(b, policy, second) == FAULT_NONE);
    CU_ASSERT(key_cache_find(a)->key == first && key_cache_find(b)->key == second);
    key_cache_forget(a);
    CU_ASSERT(key_cache_find(a) == NULL && key_cache_find(b)->key == second);
    key_cache_forget(b);
}

static void nothing_leaks(void)
{
    size_t before = arena_available();
    for (uint8_t i = 0; i < 100; i++)
        CU_ASSERT(add(i % 10));
    key_cache_forget_all();
    CU_ASSERT(arena_available() + 512 > before); /* a hundred keys came and went */
}

/* Where there is no room for the entry the key goes too. */
static void no_room_for_the_entry(void)
{
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

static void all(void)
{
    UNIT_NEED(arena_open(ARENA_MAX) && secret_start() && crypto_start());
    find_what_was_added();
    longest_unused_goes_first();
    replaced_under_its_name();
    one_bucket();
    nothing_leaks();
    no_room_for_the_entry();
}

static void test_a_cache_keeps_what_was_used_last_and_frees_the_rest(void)
{
    unit_child(all);
}

int main(void)
{
    static const struct unit_test tests[] = { UNIT_TEST(test_a_cache_keeps_what_was_used_last_and_frees_the_rest) };
    return UNIT_RUN("key_cache", tests);
}
