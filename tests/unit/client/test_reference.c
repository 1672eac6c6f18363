/* SPDX-License-Identifier: Apache-2.0 */
#include "client/signer.h"
#include "tests/unit/unit.h"

/* The public key is RFC 8410's example, section 10.1. */
static const char known[] = "30 3e 16 10 7369676e65723a2f2f69737375696e67 302a300506032b6570032100"
                            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
enum { KNOWN = 64, SPKI = 44, URI = 4 };

static uint8_t der[KNOWN + 1];
static char issuing[] = "issuing";

static bool reads(const uint8_t *bytes, size_t length)
{
    struct signer_reference out;
    struct signer_error error = { 0 };
    bool read = signer_reference_read(bytes, length, &out, &error) == SIGNER_OK;
    CU_ASSERT(read || strcmp(error.reason, "REFERENCE_INVALID") == 0);
    return read;
}

static bool writes(char *id, uint8_t *public_key, size_t length, uint8_t *out, size_t *written)
{
    const struct signer_key key = { .id = id, .public_key = public_key, .public_key_length = length };
    struct signer_error error = { 0 };
    bool wrote = signer_reference_write(&key, out, written, &error) == SIGNER_OK;
    CU_ASSERT(wrote || (*written == 0 && strcmp(error.reason, "REFERENCE_INVALID") == 0));
    return wrote;
}

static void test_a_reference_is_these_bytes(void)
{
    uint8_t out[SIGNER_REFERENCE_MAX];
    size_t length;
    struct signer_reference reference;
    CU_ASSERT(writes(issuing, der + KNOWN - SPKI, SPKI, out, &length));
    CU_ASSERT(length == KNOWN && memcmp(out, der, KNOWN) == 0);
    CU_ASSERT(signer_reference_read(der, KNOWN, &reference, NULL) == SIGNER_OK);
    CU_ASSERT_STRING_EQUAL(reference.id, "issuing");
    CU_ASSERT(reference.public_key == der + KNOWN - SPKI && reference.public_key_length == SPKI);
}

static void test_a_reference_that_ends_early_or_late_is_refused(void)
{
    for (size_t length = 0; length <= sizeof der; length++)
        CU_ASSERT(reads(der, length) == (length == KNOWN));
}

/* Of the bytes before the public key, only those of the id may be others. */
static void test_a_reference_has_one_encoding(void)
{
    const size_t id = URI + strlen("signer://");
    for (size_t at = 0; at < KNOWN - SPKI; at++)
        for (unsigned value = 0; value < 256; value++) {
            uint8_t other[KNOWN];
            memcpy(other, der, KNOWN);
            other[at] = (uint8_t)value;
            bool letter = value < 128 && strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", (char)value) && value;
            bool first = letter && !strchr("._-", (char)value);
            CU_ASSERT(reads(other, KNOWN) == (value == der[at] || (at == id && first) || (at > id && letter)));
        }
    static const char *const longer[] = { "30 81 3e 16 10", "30 82 00 3e 16 10", "30 80 16 10", "30 40 16 81 10",
                                          "30 84 00 00 00 3e 16 10" };
    for (size_t i = 0; i < UNIT_COUNT(longer); i++) {
        uint8_t other[KNOWN + 8];
        size_t head = unit_hex(longer[i], other, sizeof other);
        memcpy(other + head, der + URI, KNOWN - URI);
        CU_ASSERT(!reads(other, head + KNOWN - URI));
    }
}

static void test_every_size_of_a_public_key_is_written_and_read_up_to_the_bound(void)
{
    static uint8_t key[SIGNER_REFERENCE_MAX + 4], out[SIGNER_REFERENCE_MAX];
    size_t length, most = 0;
    for (size_t size = 130; size <= sizeof key; size++) {
        key[0] = 0x30;
        size_t head = size - 3 < 256 ? 3 : 4;
        key[1] = head == 3 ? 0x81 : 0x82;
        key[2] = (uint8_t)(head == 3 ? size - 3 : (size - 4) >> 8);
        key[3] = (uint8_t)(size - 4);
        struct signer_reference reference;
        if (size == 259 || !writes(issuing, key, size, out, &length)) /* 259 is no size of an element */
            continue;
        most = size;
        CU_ASSERT(signer_reference_read(out, length, &reference, NULL) == SIGNER_OK);
        CU_ASSERT(reference.public_key_length == size && memcmp(reference.public_key, key, size) == 0);
    }
    CU_ASSERT(most == SIGNER_REFERENCE_MAX - 4 - 2 - strlen("signer://issuing"));
}

static void test_a_key_without_a_public_key_or_an_id_has_no_reference(void)
{
    uint8_t out[SIGNER_REFERENCE_MAX], *spki = der + KNOWN - SPKI;
    char wrong[] = "-a", many[66];
    size_t length;
    memset(many, 'a', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    CU_ASSERT(!writes(issuing, NULL, 0, out, &length) && !writes(issuing, spki, SPKI - 1, out, &length));
    CU_ASSERT(!writes(wrong, spki, SPKI, out, &length) && !writes(many, spki, SPKI, out, &length));
    many[64] = '\0';
    CU_ASSERT(writes(many, spki, SPKI, out, &length) && reads(out, length));
}

static void test_a_name_is_signer_and_an_id(void)
{
    CU_ASSERT_STRING_EQUAL(signer_uri_id("signer://ca"), "ca");
    CU_ASSERT_STRING_EQUAL(signer_uri_id("SIGNER:ca-1._x"), "ca-1._x");
    static const char *const wrong[] = { "",           "ca",           "signer:",          "signer://",
                                         "signer:///", "signer://A",   "signer://a/b",     "signer://-a",
                                         "file:a",     "signer://a?b", "signer://signer:", "xsigner://a" };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
        CU_ASSERT(signer_uri_id(wrong[i]) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_reference_is_these_bytes),
        UNIT_TEST(test_a_reference_that_ends_early_or_late_is_refused),
        UNIT_TEST(test_a_reference_has_one_encoding),
        UNIT_TEST(test_every_size_of_a_public_key_is_written_and_read_up_to_the_bound),
        UNIT_TEST(test_a_key_without_a_public_key_or_an_id_has_no_reference),
        UNIT_TEST(test_a_name_is_signer_and_an_id),
    };
    return unit_hex(known, der, KNOWN) == KNOWN ? UNIT_RUN("reference", tests) : 1;
}
