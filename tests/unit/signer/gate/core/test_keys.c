/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/gate/core/keys.h"

#include "tests/unit/unit.h"

static struct keys keys, crowd;
static uint8_t spki[] = "a public key";

static struct key_id named(const char *text)
{
    struct key_id id;
    CU_ASSERT(key_id_from_text(text, &id));
    return id;
}

static struct key_id numbered(unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "key-%u", number);
    return named(text);
}

static bool learn(struct key *key, uint8_t print)
{
    uint8_t fingerprint[KEY_FINGERPRINT_SIZE] = { print };
    struct key_public public = {
        .id = key->id, .algorithm = ALGORITHM_ED25519, .spki = spki, .spki_length = sizeof spki
    };
    return keys_learn(key, &public, fingerprint);
}

static void test_a_held_key_is_found_until_it_is_released(void)
{
    struct key_id id = named("held");
    CU_ASSERT(keys_find(&keys, &id) == NULL);
    struct key *key = keys_hold(&keys, &id);
    UNIT_NEED(key != NULL);
    CU_ASSERT(strcmp(key->id.text, "held") == 0 && key->references == 1 && !key->known && key->loaded == 0);
    CU_ASSERT(keys_find(&keys, &id) == key && keys_hold(&keys, &id) == key && key->references == 2);
    keys_release(&keys, key);
    CU_ASSERT(keys_find(&keys, &id) == key && learn(key, 9));
    keys_release(&keys, key);
    CU_ASSERT(key->references == 0 && keys_find(&keys, &id) == key);
    keys_unlearn(key);
    CU_ASSERT(keys_hold(&keys, &id) == key);
    keys_release(&keys, key); /* nothing is known of it: an id that was asked for is no key */
    CU_ASSERT(keys_find(&keys, &id) == NULL && keys.count == 0);
}

static void test_a_learnt_key_keeps_what_was_learnt(void)
{
    struct key_id id = named("learnt");
    struct key *key = keys_hold(&keys, &id);
    UNIT_NEED(key != NULL && learn(key, 1));
    CU_ASSERT(key->known && key->fingerprint[0] == 1 && key->public.algorithm == ALGORITHM_ED25519);
    CU_ASSERT(key->public.spki != spki && memcmp(key->public.spki, spki, sizeof spki) == 0);
    key->loaded = 5;
    CU_ASSERT(learn(key, 1) && key->loaded == 5);
    CU_ASSERT(learn(key, 2) && key->loaded == 0 && key->known && key->fingerprint[0] == 2);
    keys_release(&keys, key);
}

static void test_an_unlearnt_key_keeps_its_id_alone(void)
{
    struct key_id id = named("learnt");
    struct key *key = keys_hold(&keys, &id);
    UNIT_NEED(key != NULL && learn(key, 3));
    key->loaded = 1;
    keys_unlearn(key);
    CU_ASSERT(!key->known && key->loaded == 0 && key->public.spki == NULL && key->references == 1);
    CU_ASSERT(strcmp(key->id.text, "learnt") == 0);
    keys_unlearn(key);
    keys_release(&keys, key);
}

static void test_every_key_is_unlearnt_at_once(void)
{
    struct key *some[3];
    for (unsigned i = 0; i < 3; i++) {
        struct key_id id = numbered(i);
        some[i] = keys_hold(&keys, &id);
        UNIT_NEED(some[i] != NULL && learn(some[i], (uint8_t)i));
        some[i]->loaded = 1;
    }
    keys_unlearn_all(&keys);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT(!some[i]->known && some[i]->loaded == 0 && some[i]->references == 1);
        keys_release(&keys, some[i]);
    }
}

static void fill(void)
{
    for (unsigned i = 0; crowd.count < KEYS_REMEMBERED; i++) {
        struct key_id id = numbered(i);
        struct key *key = keys_hold(&crowd, &id);
        UNIT_NEED(key != NULL && learn(key, 1));
        keys_release(&crowd, key);
    }
}

static void hold_once(const char *text)
{
    struct key_id id = named(text);
    struct key *key = keys_hold(&crowd, &id);
    UNIT_NEED(key != NULL && learn(key, 1));
    keys_release(&crowd, key);
}

static void test_the_key_that_was_unused_longest_goes_first(void)
{
    struct key_id eldest = named("eldest"), second = named("second");
    UNIT_NEED(keys_open(&crowd));
    hold_once("eldest");
    hold_once("second");
    fill();
    CU_ASSERT(crowd.count == KEYS_REMEMBERED && keys_find(&crowd, &eldest) && keys_find(&crowd, &second));
    hold_once("eldest"); /* used again: it is no more the eldest */
    hold_once("one-more");
    CU_ASSERT(crowd.count == KEYS_REMEMBERED);
    CU_ASSERT(keys_find(&crowd, &eldest) != NULL && keys_find(&crowd, &second) == NULL);
}

static void test_what_is_held_stays(void)
{
    struct key *oldest = crowd.oldest;
    struct key_id id = oldest->id;
    oldest->references++;
    hold_once("newcomer-1");
    hold_once("newcomer-2");
    CU_ASSERT(keys_find(&crowd, &id) == oldest && strcmp(oldest->id.text, id.text) == 0);
    CU_ASSERT(crowd.count == KEYS_REMEMBERED); /* others went in its place */
    keys_release(&crowd, oldest);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_held_key_is_found_until_it_is_released),   UNIT_TEST(test_a_learnt_key_keeps_what_was_learnt),
        UNIT_TEST(test_an_unlearnt_key_keeps_its_id_alone),         UNIT_TEST(test_every_key_is_unlearnt_at_once),
        UNIT_TEST(test_the_key_that_was_unused_longest_goes_first), UNIT_TEST(test_what_is_held_stays),
    };
    return keys_open(&keys) ? UNIT_RUN("keys", tests) : 1;
}
