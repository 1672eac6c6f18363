/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/format/checksum.h"
#include "keystore/kek/header.h"
#include "keystore/key/sealed_key.h"
#include "keystore/memory/secret.h"
#include "tests/unit/unit.h"

enum { SINCE = 1767225600, BEGUN = SINCE + 100, FINISHED = SINCE + 200, KEKS = 4, PKCS8 = 138 };

static struct kek keks[KEKS];
static uint8_t keystore_id[KEYSTORE_ID_SIZE], spki[91], secret[PKCS8];
static struct key_id id;

static bool prepare(void)
{
    uint8_t raw[KEK_SIZE];
    for (size_t i = 0; i < sizeof keystore_id; i++)
        keystore_id[i] = (uint8_t)(0xa0 + i);
    for (size_t i = 0; i < sizeof spki; i++)
        spki[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (uint8_t)i;
    if (!secret_start() || !key_id_from_text("issuing-ca", &id))
        return false;
    for (size_t k = 0; k < KEKS; k++) {
        for (size_t i = 0; i < sizeof raw; i++)
            raw[i] = (uint8_t)(i + k * 32);
        if (kek_from_bytes(raw, &keks[k]) != FAULT_NONE)
            return false;
    }
    return true;
}

/* -- the header: roles and tags -- */

/* What was written is read again, and is the same. */
static bool survives(const struct header *header)
{
    static uint8_t file[HEADER_FILE_MAX], again[HEADER_FILE_MAX];
    struct header parsed;
    size_t length = header_encode(header, file);
    return header_parse(file, length, &parsed) == FAULT_NONE && header_encode(&parsed, again) == length
        && memcmp(file, again, length) == 0;
}

static bool has_role(const struct header *header, const struct kek *kek, enum kek_role role)
{
    const struct header_kek *entry = header_find(header, &kek->id);
    return entry && entry->role == role;
}

/* The two that open it do, and no other. */
static void expect_openers(const struct header *header, enum fault zero, enum fault one, enum fault two)
{
    CU_ASSERT(survives(header));
    CU_ASSERT_EQUAL(header_check(header, &keks[0]), zero);
    CU_ASSERT_EQUAL(header_check(header, &keks[1]), one);
    CU_ASSERT_EQUAL(header_check(header, &keks[2]), two);
}

static struct header made(void)
{
    struct header header;
    header_create(&header, keystore_id, &keks[0], SINCE);
    return header;
}

static struct header begun(void)
{
    struct header header = made();
    header_rekey_begin(&header, &keks[0], &keks[1], BEGUN);
    return header;
}

static struct header verified(void)
{
    struct header header = begun();
    header_rekey_advance(&header, REKEY_WRAPPED, &keks[0], &keks[1]);
    header_rekey_advance(&header, REKEY_VERIFIED, &keks[0], &keks[1]);
    return header;
}

static struct header finished(void)
{
    struct header header = verified();
    header_rekey_finish(&header, &keks[1], FINISHED);
    header_rekey_close(&header, &keks[1]);
    return header;
}

static void test_a_rekey_that_begins_has_both_keks_tagged(void)
{
    struct header header = begun();
    CU_ASSERT(header.rekey == REKEY_BEGUN && header.kek_count == 2);
    CU_ASSERT(has_role(&header, &keks[0], KEK_CURRENT) && has_role(&header, &keks[1], KEK_INCOMING));
    CU_ASSERT(header_incoming(&header) == header_find(&header, &keks[1].id));
    CU_ASSERT(header_current(&header) == header_find(&header, &keks[0].id));
    CU_ASSERT(header_current(&header)->since == SINCE && header_incoming(&header)->since == BEGUN);
    expect_openers(&header, FAULT_NONE, FAULT_NONE, FAULT_KEK_MISMATCH);
}

static void test_a_rekey_that_advances_changes_its_state_and_tags_alone(void)
{
    struct header header = begun();
    static const enum rekey_state states[] = { REKEY_WRAPPED, REKEY_VERIFIED };
    for (size_t i = 0; i < UNIT_COUNT(states); i++) {
        struct header before = header;
        header_rekey_advance(&header, states[i], &keks[0], &keks[1]);
        CU_ASSERT(header.rekey == states[i] && header.kek_count == 2);
        CU_ASSERT(has_role(&header, &keks[0], KEK_CURRENT) && has_role(&header, &keks[1], KEK_INCOMING));
        expect_openers(&header, FAULT_NONE, FAULT_NONE, FAULT_KEK_MISMATCH);
        for (size_t k = 0; k < 2; k++) /* the state is under each tag */
            CU_ASSERT(memcmp(header.keks[k].tag, before.keks[k].tag, HEADER_TAG_SIZE) != 0);
    }
}

static void test_a_rekey_that_finishes_retires_the_former_kek(void)
{
    struct header header = verified();
    header_rekey_finish(&header, &keks[1], FINISHED);
    CU_ASSERT(header.rekey == REKEY_FINISHING && header.kek_count == 2 && !header_incoming(&header));
    const struct header_kek *retired = header_find(&header, &keks[0].id);
    CU_ASSERT(retired->role == KEK_RETIRED && retired->since == SINCE && retired->until == FINISHED);
    CU_ASSERT(unit_all(retired->tag, sizeof retired->tag, 0));
    CU_ASSERT(header_current(&header) == header_find(&header, &keks[1].id));
    CU_ASSERT(header_current(&header)->until == 0);
    expect_openers(&header, FAULT_KEK_RETIRED, FAULT_NONE, FAULT_KEK_MISMATCH);
    header_rekey_close(&header, &keks[1]);
    CU_ASSERT(header.rekey == REKEY_NONE && header.kek_count == 2);
    expect_openers(&header, FAULT_KEK_RETIRED, FAULT_NONE, FAULT_KEK_MISMATCH);
}

static void test_an_aborted_rekey_leaves_the_header_as_it_was(void)
{
    const struct header before = made();
    for (int state = REKEY_BEGUN; state <= REKEY_VERIFIED; state++) {
        struct header header = begun();
        header_rekey_advance(&header, (enum rekey_state)state, &keks[0], &keks[1]);
        header_rekey_abort(&header, &keks[0]);
        CU_ASSERT(header.rekey == REKEY_NONE && header.kek_count == 1);
        CU_ASSERT(memcmp(header.keks, before.keks, sizeof header.keks[0]) == 0); /* as if nothing had been */
        expect_openers(&header, FAULT_NONE, FAULT_KEK_MISMATCH, FAULT_KEK_MISMATCH);
    }
}

static void test_an_aborted_rekey_leaves_the_retired_keks(void)
{
    struct header header = finished();
    header_rekey_begin(&header, &keks[1], &keks[2], FINISHED + 1);
    expect_openers(&header, FAULT_KEK_RETIRED, FAULT_NONE, FAULT_NONE);
    header_rekey_abort(&header, &keks[1]);
    CU_ASSERT(header.kek_count == 2 && has_role(&header, &keks[0], KEK_RETIRED));
    CU_ASSERT(has_role(&header, &keks[1], KEK_CURRENT) && !header_find(&header, &keks[2].id));
    expect_openers(&header, FAULT_KEK_RETIRED, FAULT_NONE, FAULT_KEK_MISMATCH);
}

static void test_a_rekey_after_another_retires_one_kek_more(void)
{
    struct header header = finished();
    header_rekey_begin(&header, &keks[1], &keks[2], FINISHED + 1);
    header_rekey_advance(&header, REKEY_VERIFIED, &keks[1], &keks[2]);
    header_rekey_finish(&header, &keks[2], FINISHED + 2);
    header_rekey_close(&header, &keks[2]);
    CU_ASSERT(header.kek_count == 3 && header_find(&header, &keks[0].id)->until == FINISHED);
    CU_ASSERT(header_find(&header, &keks[1].id)->until == FINISHED + 2);
    expect_openers(&header, FAULT_KEK_RETIRED, FAULT_KEK_RETIRED, FAULT_NONE);
}

/* What the one tag was made over, the other was too: nothing of it can be changed by a holder of neither. */
static void test_a_tag_is_over_the_whole_change(void)
{
    struct header header = verified(), other = header;
    other.keks[1].since++;
    CU_ASSERT_EQUAL(header_check(&other, &keks[0]), FAULT_KEYSTORE_TAMPERED);
    CU_ASSERT_EQUAL(header_check(&other, &keks[1]), FAULT_KEYSTORE_TAMPERED);
    other = header;
    other.rekey = REKEY_WRAPPED;
    CU_ASSERT_EQUAL(header_check(&other, &keks[0]), FAULT_KEYSTORE_TAMPERED);
    CU_ASSERT_EQUAL(header_check(&other, &keks[1]), FAULT_KEYSTORE_TAMPERED);
}

/* -- a full list -- */

/* Entry 0 is current; those after it are retired, the oldest at `oldest`. */
static struct header with_retired(size_t count, size_t oldest)
{
    struct header header = made();
    for (size_t i = 1; i < count; i++)
        header.keks[header.kek_count++] = (struct header_kek){
            .id = { { 0xff, (uint8_t)i } },
            .role = KEK_RETIRED,
            .since = 1,
            .until = i == oldest ? SINCE - 1000 : SINCE - (uint64_t)(i * 7 % 64),
        };
    header_tag(&header, &keks[0]);
    return header;
}

static void test_a_full_list_drops_the_oldest_retired(void)
{
    static const size_t places[] = { 1, 30, HEADER_KEKS_MAX - 1 };
    for (size_t p = 0; p < UNIT_COUNT(places); p++) {
        struct header before = with_retired(HEADER_KEKS_MAX, places[p]), header = before;
        header_rekey_begin(&header, &keks[0], &keks[1], BEGUN);
        CU_ASSERT(header.kek_count == HEADER_KEKS_MAX);
        for (size_t i = 0; i < HEADER_KEKS_MAX; i++)
            CU_ASSERT_EQUAL(!header_find(&header, &before.keks[i].id), i == places[p]);
        CU_ASSERT(has_role(&header, &keks[0], KEK_CURRENT) && has_role(&header, &keks[1], KEK_INCOMING));
        expect_openers(&header, FAULT_NONE, FAULT_NONE, FAULT_KEK_MISMATCH);
    }
}

static void test_a_list_that_is_not_full_drops_nothing(void)
{
    struct header header = with_retired(HEADER_KEKS_MAX - 1, 5);
    header_rekey_begin(&header, &keks[0], &keks[1], BEGUN);
    CU_ASSERT(header.kek_count == HEADER_KEKS_MAX && header_find(&header, &(struct kek_id){ { 0xff, 5 } }));
    expect_openers(&header, FAULT_NONE, FAULT_NONE, FAULT_KEK_MISMATCH);
}

static void test_a_full_list_through_a_whole_rekey(void)
{
    struct header header = with_retired(HEADER_KEKS_MAX, 9);
    header_rekey_begin(&header, &keks[0], &keks[1], BEGUN);
    header_rekey_advance(&header, REKEY_VERIFIED, &keks[0], &keks[1]);
    header_rekey_finish(&header, &keks[1], FINISHED);
    header_rekey_close(&header, &keks[1]);
    header_rekey_begin(&header, &keks[1], &keks[2], FINISHED + 1);
    CU_ASSERT(header.kek_count == HEADER_KEKS_MAX && has_role(&header, &keks[0], KEK_RETIRED));
    expect_openers(&header, FAULT_KEK_RETIRED, FAULT_NONE, FAULT_NONE);
}

/* -- sealed keys: changing wraps -- */

struct file {
    uint8_t bytes[SEALED_KEY_MAX];
    size_t length;
};

static struct file sealed_by_zero(void)
{
    struct file file;
    struct sealed_key_seed seed;
    struct key_public key = { .id = id,
                              .algorithm = ALGORITHM_EC_P256,
                              .created = SINCE,
                              .policy = { 1 << 3, 14 },
                              .spki = spki,
                              .spki_length = sizeof spki };
    memcpy(key.keystore_id, keystore_id, sizeof keystore_id);
    sealed_key_seed_random(&seed);
    file.length = sealed_key_seal(&key, &keks[0], &seed, secret, sizeof secret, file.bytes);
    return file;
}

static enum fault rewrap(const struct file *from, size_t opener, const struct kek *const *keep, size_t count,
                         struct file *out)
{
    struct sealed_key sealed;
    enum fault fault = sealed_key_look(from->bytes, from->length, &sealed);
    return fault ? fault : sealed_key_rewrap(&sealed, &keks[opener], keep, count, out->bytes, &out->length);
}

static const struct kek *const zero[] = { &keks[0] }, *const one[] = { &keks[1] };
static const struct kek *const zero_one[] = { &keks[0], &keks[1] }, *const one_zero[] = { &keks[1], &keks[0] };

static enum fault open_by(const struct file *file, size_t k)
{
    static uint8_t pkcs8[PKCS8_MAX];
    struct sealed_key sealed;
    size_t length;
    enum fault fault = sealed_key_look(file->bytes, file->length, &sealed);
    if (!fault)
        fault = sealed_key_open(&sealed, &keks[k], keystore_id, &id, pkcs8, &length);
    CU_ASSERT(fault || (length == sizeof secret && memcmp(pkcs8, secret, sizeof secret) == 0));
    return fault;
}

/* All but the wraps, their number and their tag is byte for byte what it was. */
static void expect_only_wraps_changed(const struct file *before, const struct file *after)
{
    struct sealed_key a, b;
    UNIT_NEED(sealed_key_look(before->bytes, before->length, &a) == FAULT_NONE);
    UNIT_NEED(sealed_key_look(after->bytes, after->length, &b) == FAULT_NONE);
    CU_ASSERT(after->length - b.wrap_count * WRAP_SIZE == before->length - a.wrap_count * WRAP_SIZE);
    CU_ASSERT(a.public_length == b.public_length && memcmp(a.public_part, b.public_part, a.public_length) == 0);
    CU_ASSERT(a.payload_length == b.payload_length && memcmp(a.payload, b.payload, a.payload_length) == 0);
    CU_ASSERT(memcmp(before->bytes, after->bytes, SEALED_KEY_PREFIX) == 0);
}

static void expect_opened_by(const struct file *file, bool by_zero, bool by_one)
{
    CU_ASSERT_EQUAL(open_by(file, 0), by_zero ? FAULT_NONE : FAULT_KEK_MISMATCH);
    CU_ASSERT_EQUAL(open_by(file, 1), by_one ? FAULT_NONE : FAULT_KEK_MISMATCH);
    CU_ASSERT_EQUAL(open_by(file, 2), FAULT_KEK_MISMATCH);
}

static void test_a_key_wrapped_for_two_and_for_one_again_opens_each_time(void)
{
    static struct file alone, both, new_alone, back;
    alone = sealed_by_zero();
    CU_ASSERT(rewrap(&alone, 0, zero_one, 2, &both) == FAULT_NONE);
    expect_only_wraps_changed(&alone, &both);
    expect_opened_by(&both, true, true);
    for (size_t opener = 0; opener < 2; opener++) { /* by either, to either */
        CU_ASSERT(rewrap(&both, opener, one, 1, &new_alone) == FAULT_NONE);
        expect_only_wraps_changed(&alone, &new_alone);
        expect_opened_by(&new_alone, false, true);
        CU_ASSERT(rewrap(&both, opener, zero, 1, &back) == FAULT_NONE);
        expect_only_wraps_changed(&alone, &back);
        expect_opened_by(&back, true, false);
    }
    CU_ASSERT(rewrap(&new_alone, 1, zero_one, 2, &both) == FAULT_NONE);
    expect_only_wraps_changed(&alone, &both);
    expect_opened_by(&both, true, true);
    CU_ASSERT(rewrap(&alone, 0, one, 1, &new_alone) == FAULT_NONE);
    expect_opened_by(&new_alone, false, true);
}

static void test_wraps_stand_in_order(void)
{
    static struct file alone, both;
    alone = sealed_by_zero();
    const struct kek *const *const orders[] = { zero_one, one_zero };
    for (size_t i = 0; i < UNIT_COUNT(orders); i++) {
        struct sealed_key sealed;
        UNIT_NEED(rewrap(&alone, 0, orders[i], 2, &both) == FAULT_NONE);
        UNIT_NEED(sealed_key_look(both.bytes, both.length, &sealed) == FAULT_NONE && sealed.wrap_count == 2);
        const struct kek_id first = sealed_key_kek(&sealed, 0), second = sealed_key_kek(&sealed, 1);
        CU_ASSERT(memcmp(first.bytes, second.bytes, KEK_ID_SIZE) < 0);
        CU_ASSERT(sealed_key_has_kek(&sealed, &keks[0].id) && sealed_key_has_kek(&sealed, &keks[1].id));
        CU_ASSERT(!sealed_key_has_kek(&sealed, &keks[2].id));
        expect_opened_by(&both, true, true);
    }
}

/* A nonce is never used again, not even for the wrap that stays. */
static void test_each_wrap_is_made_anew(void)
{
    static struct file alone, both, again;
    alone = sealed_by_zero();
    UNIT_NEED(rewrap(&alone, 0, zero_one, 2, &both) == FAULT_NONE);
    UNIT_NEED(rewrap(&both, 0, zero_one, 2, &again) == FAULT_NONE);
    struct sealed_key a, b;
    UNIT_NEED(sealed_key_look(both.bytes, both.length, &a) == FAULT_NONE);
    UNIT_NEED(sealed_key_look(again.bytes, again.length, &b) == FAULT_NONE);
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT(memcmp(a.wraps + i * WRAP_SIZE + KEK_ID_SIZE, b.wraps + i * WRAP_SIZE + KEK_ID_SIZE, SEAL_NONCE_SIZE)
                  != 0);
}

static void test_a_wrong_opener_wraps_nothing(void)
{
    static struct file alone, out;
    alone = sealed_by_zero();
    CU_ASSERT_EQUAL(rewrap(&alone, 1, zero_one, 2, &out), FAULT_KEK_MISMATCH);
    struct sealed_key sealed;
    struct kek impostor = keks[1];
    impostor.id = keks[0].id;
    UNIT_NEED(sealed_key_look(alone.bytes, alone.length, &sealed) == FAULT_NONE);
    CU_ASSERT_EQUAL(sealed_key_rewrap(&sealed, &impostor, zero_one, 2, out.bytes, &out.length), FAULT_KEY_TAMPERED);
}

/* Every bit of the public part, the wraps and their tag, by somebody who makes the checksum anew. Only the
 * payload is not looked at: it is carried as it is, and its own tag goes on telling. */
static void test_what_was_tampered_with_is_not_wrapped(void)
{
    static struct file alone, both, out;
    alone = sealed_by_zero();
    UNIT_NEED(rewrap(&alone, 0, zero_one, 2, &both) == FAULT_NONE);
    struct sealed_key sealed;
    UNIT_NEED(sealed_key_look(both.bytes, both.length, &sealed) == FAULT_NONE);
    size_t from = (size_t)(sealed.public_part - both.bytes), to = (size_t)(sealed.payload - both.bytes);
    for (size_t bit = 8 * from; bit < 8 * to; bit++) {
        out = both;
        out.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        checksum(out.bytes, out.length - CHECKSUM_SIZE, out.bytes + out.length - CHECKSUM_SIZE);
        static struct file made;
        enum fault fault = rewrap(&out, 0, one, 1, &made);
        /* In an id: no wrap is ours any more, or the two have lost their order. */
        size_t wraps = (size_t)(sealed.wraps - both.bytes), tag = (size_t)(sealed.wraps_tag - both.bytes);
        bool in_id = bit / 8 >= wraps && bit / 8 < tag && (bit / 8 - wraps) % WRAP_SIZE < KEK_ID_SIZE;
        CU_ASSERT(fault == FAULT_KEY_TAMPERED
                  || (in_id && (fault == FAULT_KEK_MISMATCH || fault == FAULT_KEY_CORRUPT)));
    }
}

/* The wrap for the other, taken from another key that is alike but for its randomness. */
static void test_wraps_of_two_keys_are_not_joined(void)
{
    static struct file mine, other, both, foreign, out;
    mine = sealed_by_zero();
    other = sealed_by_zero();
    UNIT_NEED(rewrap(&mine, 0, zero_one, 2, &both) == FAULT_NONE);
    UNIT_NEED(rewrap(&other, 0, zero_one, 2, &foreign) == FAULT_NONE);
    struct sealed_key sealed;
    UNIT_NEED(sealed_key_look(both.bytes, both.length, &sealed) == FAULT_NONE);
    const struct kek_id first = sealed_key_kek(&sealed, 0);
    size_t theirs = (size_t)(sealed.wraps - both.bytes) + (kek_id_equal(&first, &keks[0].id) ? WRAP_SIZE : 0);
    memcpy(both.bytes + theirs, foreign.bytes + theirs, WRAP_SIZE);
    checksum(both.bytes, both.length - CHECKSUM_SIZE, both.bytes + both.length - CHECKSUM_SIZE);
    CU_ASSERT_EQUAL(rewrap(&both, 0, one, 1, &out), FAULT_KEY_TAMPERED);
    CU_ASSERT_EQUAL(rewrap(&both, 1, one, 1, &out), FAULT_KEY_TAMPERED);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_rekey_that_begins_has_both_keks_tagged),
        UNIT_TEST(test_a_rekey_that_advances_changes_its_state_and_tags_alone),
        UNIT_TEST(test_a_rekey_that_finishes_retires_the_former_kek),
        UNIT_TEST(test_an_aborted_rekey_leaves_the_header_as_it_was),
        UNIT_TEST(test_an_aborted_rekey_leaves_the_retired_keks),
        UNIT_TEST(test_a_rekey_after_another_retires_one_kek_more),
        UNIT_TEST(test_a_tag_is_over_the_whole_change),
        UNIT_TEST(test_a_full_list_drops_the_oldest_retired),
        UNIT_TEST(test_a_list_that_is_not_full_drops_nothing),
        UNIT_TEST(test_a_full_list_through_a_whole_rekey),
        UNIT_TEST(test_a_key_wrapped_for_two_and_for_one_again_opens_each_time),
        UNIT_TEST(test_wraps_stand_in_order),
        UNIT_TEST(test_each_wrap_is_made_anew),
        UNIT_TEST(test_a_wrong_opener_wraps_nothing),
        UNIT_TEST(test_what_was_tampered_with_is_not_wrapped),
        UNIT_TEST(test_wraps_of_two_keys_are_not_joined),
    };
    return prepare() ? UNIT_RUN("header_rekey", tests) : 1;
}
