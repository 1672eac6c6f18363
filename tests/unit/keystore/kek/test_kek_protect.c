/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/kek/kek_protect.h"

#include <sodium.h>
#include <time.h>

#include "keystore/format/bytes.h"
#include "keystore/format/checksum.h"
#include "keystore/memory/arena.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum {
    AT_VERSION = 8,
    AT_PASSES = 12,
    AT_MEMORY = 16,
    AT_ID = 20,
    AT_SALT = 28,
    AT_NONCE = 44,
    AT_SEALED = 68,
    AT_SUM = 116
};

static const char phrase[] = "correct horse battery staple";
static uint8_t content[KEK_PROTECTED_SIZE];
static struct kek *kek, *found;

static bool prepare(void)
{
    static const uint8_t raw[KEK_SIZE] = "32 bytes of a KEK, none repeated";
    if (!arena_open(ARENA_MIN) || !secret_start())
        return false;
    kek = arena_alloc(sizeof *kek);
    found = arena_alloc(sizeof *found);
    return kek && found && kek_from_bytes(raw, kek) == FAULT_NONE;
}

static void put_number(size_t at, uint32_t number)
{
    struct writer to = { content + at, 4, false };
    bytes_put_u32(&to, number);
}

static void put_sum(void)
{
    checksum(content, AT_SUM, content + AT_SUM);
}

/* The layout of FORMAT.md once more, with costs that take no time. */
static void make_cheap(void)
{
    uint8_t key[32];
    memcpy(content, "SIGNRPKE", 8);
    put_number(AT_VERSION, 1);
    put_number(AT_PASSES, 1);
    put_number(AT_MEMORY, 8);
    memcpy(content + AT_ID, kek->id.bytes, KEK_ID_SIZE);
    memset(content + AT_SALT, 's', 16);
    memset(content + AT_NONCE, 'n', 24);
    CU_ASSERT(crypto_pwhash_argon2id(key, 32, phrase, strlen(phrase), content + AT_SALT, 1, 8192,
                                     crypto_pwhash_argon2id_ALG_ARGON2ID13)
              == 0);
    crypto_aead_xchacha20poly1305_ietf_encrypt(content + AT_SEALED, NULL, kek->key, KEK_SIZE, content, AT_NONCE, NULL,
                                               content + AT_NONCE, key);
    put_sum();
}

static enum fault unprotect(const char *passphrase, size_t length)
{
    size_t before = arena_available();
    memset(found, 0, sizeof *found);
    enum fault fault = kek_protect_open(content, sizeof content, passphrase, length, found);
    CU_ASSERT((fault == FAULT_NONE) == (memcmp(found->key, kek->key, KEK_SIZE) == 0));
    CU_ASSERT(fault == FAULT_NONE || unit_all((const uint8_t *)found, sizeof *found, 0));
    CU_ASSERT(arena_available() == before);
    return fault;
}

/* -- what is written -- */

static void test_a_protected_kek_opens_with_its_passphrase(void)
{
    size_t before = arena_available();
    CU_ASSERT(kek_protect(kek, phrase, strlen(phrase), content) == FAULT_NONE && arena_available() == before);
    CU_ASSERT(memcmp(content, "SIGNRPKE", 8) == 0 && checksum_holds(content, sizeof content));
    CU_ASSERT(memcmp(content + AT_ID, kek->id.bytes, KEK_ID_SIZE) == 0);
    CU_ASSERT(memmem(content, sizeof content, kek->key, 8) == NULL);
    CU_ASSERT(kek_from_file(content, sizeof content, found) == FAULT_KEK_PROTECTED);
    CU_ASSERT(unprotect(phrase, strlen(phrase)) == FAULT_NONE && kek_id_equal(&found->id, &kek->id));
    CU_ASSERT(unprotect("correct horse battery staplf", strlen(phrase)) == FAULT_PASSPHRASE);
}

/* RFC 9106 would have 64 MiB at least; what we write costs 256 MiB and three passes. */
static void test_a_protected_kek_has_the_usual_costs_and_a_fresh_salt(void)
{
    uint8_t first[KEK_PROTECTED_SIZE];
    static const uint8_t costs[] = { 0, 0, 0, 1, 0, 0, 0, 3, 0, 4, 0, 0 };
    memcpy(first, content, sizeof first);
    CU_ASSERT(memcmp(content + AT_VERSION, costs, sizeof costs) == 0);
    CU_ASSERT(kek_protect(kek, phrase, strlen(phrase), content) == FAULT_NONE);
    CU_ASSERT(memcmp(first + AT_SALT, content + AT_SALT, 16) != 0);
    CU_ASSERT(memcmp(first + AT_NONCE, content + AT_NONCE, 24) != 0);
    CU_ASSERT(memcmp(first + AT_SEALED, content + AT_SEALED, KEK_SIZE) != 0);
}

/* -- passphrases -- */

static void test_a_file_made_by_the_format_alone_opens(void)
{
    make_cheap();
    CU_ASSERT(unprotect(phrase, strlen(phrase)) == FAULT_NONE);
}

static void test_a_wrong_passphrase_opens_nothing(void)
{
    static const char *const wrong[] = { "",
                                         "correct",
                                         "Correct horse battery staple",
                                         "correct horse battery staple ",
                                         " correct horse battery staple",
                                         "correct horse battery staple\n" };
    make_cheap();
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT(unprotect(wrong[i], strlen(wrong[i])) == FAULT_PASSPHRASE);
    CU_ASSERT(unprotect(phrase, strlen(phrase) - 1) == FAULT_PASSPHRASE);
    CU_ASSERT(unprotect(phrase, strlen(phrase) + 1) == FAULT_PASSPHRASE);
}

/* -- changed files -- */

static void test_a_protected_kek_with_a_flipped_bit_is_refused(void)
{
    make_cheap();
    for (size_t i = 0; i < 8 * sizeof content; i++) {
        content[i / 8] ^= (uint8_t)(1u << i % 8);
        CU_ASSERT(unprotect(phrase, strlen(phrase)) == FAULT_KEK_MALFORMED);
        content[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

/* The checksum is put right again: now the authenticated encryption refuses. */
static void test_a_protected_kek_with_a_changed_byte_under_a_right_checksum_is_refused(void)
{
    for (size_t at = 0; at < AT_SUM; at++) {
        if (at >= AT_PASSES && at < AT_ID)
            continue; /* the costs: below */
        make_cheap();
        content[at] ^= 0x41;
        put_sum();
        CU_ASSERT(unprotect(phrase, strlen(phrase)) == (at < AT_PASSES ? FAULT_KEK_MALFORMED : FAULT_PASSPHRASE));
    }
}

static enum fault with_costs(uint32_t version, uint32_t passes, uint32_t memory_kib)
{
    make_cheap();
    put_number(AT_VERSION, version);
    put_number(AT_PASSES, passes);
    put_number(AT_MEMORY, memory_kib);
    put_sum();
    return unprotect(phrase, strlen(phrase));
}

static void test_a_protected_kek_with_other_costs_does_not_open(void)
{
    CU_ASSERT(with_costs(1, 2, 8) == FAULT_PASSPHRASE && with_costs(1, 16, 8) == FAULT_PASSPHRASE);
    CU_ASSERT(with_costs(1, 1, 9) == FAULT_PASSPHRASE && with_costs(1, 1, 11) == FAULT_PASSPHRASE);
    CU_ASSERT(with_costs(1, 1, 16) == FAULT_PASSPHRASE && with_costs(1, 1, 8) == FAULT_NONE);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 2 GiB and sixteen passes would take a minute. */
static void test_costs_beyond_the_bound_are_never_spent(void)
{
    static const uint32_t passes[] = { 0, 17, 256, UINT32_MAX };
    static const uint32_t memory[] = { 0, 1, 7, 2 * 1024 * 1024 + 1, 4 * 1024 * 1024, UINT32_MAX };
    static const uint32_t versions[] = { 0, 2, 3, 256, UINT32_MAX };
    double start = seconds_now();
    for (size_t i = 0; i < UNIT_COUNT(passes); i++)
        CU_ASSERT(with_costs(1, passes[i], 8) == FAULT_KEK_MALFORMED
                  && with_costs(1, passes[i], 2 * 1024 * 1024) == FAULT_KEK_MALFORMED);
    for (size_t i = 0; i < UNIT_COUNT(memory); i++)
        CU_ASSERT(with_costs(1, 1, memory[i]) == FAULT_KEK_MALFORMED
                  && with_costs(1, 16, memory[i]) == FAULT_KEK_MALFORMED);
    for (size_t i = 0; i < UNIT_COUNT(versions); i++)
        CU_ASSERT(with_costs(versions[i], 1, 8) == FAULT_KEK_MALFORMED);
    CU_ASSERT(seconds_now() - start < 2.0);
}

static void test_a_protected_kek_of_another_length_is_refused(void)
{
    static uint8_t longer[2 * KEK_PROTECTED_SIZE];
    make_cheap();
    memcpy(longer, content, sizeof content);
    for (size_t length = 0; length <= sizeof longer; length++)
        CU_ASSERT(kek_protect_open(longer, length, phrase, strlen(phrase), found)
                  == (length == KEK_PROTECTED_SIZE ? FAULT_NONE : FAULT_KEK_MALFORMED));
    for (size_t length = CHECKSUM_SIZE; length < KEK_PROTECTED_SIZE; length++) {
        checksum(content, length - CHECKSUM_SIZE, longer + length - CHECKSUM_SIZE);
        CU_ASSERT(kek_protect_open(longer, length, phrase, strlen(phrase), found) == FAULT_KEK_MALFORMED);
        memcpy(longer, content, sizeof content);
    }
}

/* -- memory -- */

/* In this process: a child would not inherit the arena. */
static void test_too_little_memory_for_a_passphrase_is_told_as_such(void)
{
    struct rlimit before, less;
    UNIT_NEED(getrlimit(RLIMIT_AS, &before) == 0);
    if (UNIT_ASAN) /* its shadow needs terabytes of addresses */
        return;
    less = (struct rlimit){ 128 * 1024 * 1024, before.rlim_max };
    UNIT_NEED(setrlimit(RLIMIT_AS, &less) == 0);
    CU_ASSERT(kek_protect(kek, phrase, strlen(phrase), content) == FAULT_MEMORY);
    CU_ASSERT(with_costs(1, 3, 256 * 1024) == FAULT_MEMORY);
    CU_ASSERT(setrlimit(RLIMIT_AS, &before) == 0);
    CU_ASSERT(with_costs(1, 1, 8) == FAULT_NONE);
}

static void test_a_full_arena_is_told_as_want_of_memory(void)
{
    size_t taken = 0;
    static void *blocks[ARENA_MIN / 16];
    make_cheap();
    while (taken < UNIT_COUNT(blocks) && (blocks[taken] = arena_alloc(16)))
        taken++;
    CU_ASSERT(kek_protect(kek, phrase, strlen(phrase), content) == FAULT_MEMORY);
    make_cheap();
    CU_ASSERT(unprotect(phrase, strlen(phrase)) == FAULT_MEMORY);
    while (taken > 0)
        arena_free(blocks[--taken]);
    CU_ASSERT(unprotect(phrase, strlen(phrase)) == FAULT_NONE);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_protected_kek_opens_with_its_passphrase),
        UNIT_TEST(test_a_protected_kek_has_the_usual_costs_and_a_fresh_salt),
        UNIT_TEST(test_a_file_made_by_the_format_alone_opens),
        UNIT_TEST(test_a_wrong_passphrase_opens_nothing),
        UNIT_TEST(test_a_protected_kek_with_a_flipped_bit_is_refused),
        UNIT_TEST(test_a_protected_kek_with_a_changed_byte_under_a_right_checksum_is_refused),
        UNIT_TEST(test_a_protected_kek_with_other_costs_does_not_open),
        UNIT_TEST(test_costs_beyond_the_bound_are_never_spent),
        UNIT_TEST(test_a_protected_kek_of_another_length_is_refused),
        UNIT_TEST(test_too_little_memory_for_a_passphrase_is_told_as_such),
        UNIT_TEST(test_a_full_arena_is_told_as_want_of_memory),
    };
    return prepare() ? UNIT_RUN("kek_protect", tests) : 1;
}
