/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript_chain.h"

#include "tests/unit/ceremony/session/transcript_sample.h"

static char scratch[TRANSCRIPT_MAX];

static void test_entries_have_names_in_their_order(void)
{
    char name[TRANSCRIPT_NAME];
    transcript_chain_name(7, ".txt", name);
    CU_ASSERT_STRING_EQUAL(name, "transcript-000007.txt");
    transcript_chain_name(999999, ".zzz", name);
    CU_ASSERT_STRING_EQUAL(name, "transcript-999999.zzz");
}

/* Writes entry 1 as this text, and reads it. */
static struct transcript_link read_as(const char *text)
{
    struct transcript_link link = { .fits = true };
    sample_begin(0, NULL);
    CU_ASSERT(sample_write(1, text));
    CU_ASSERT(transcript_chain_next(&sample_directory, &sample_header, scratch, &link) == FAULT_NONE);
    return link;
}

#define HEAD "signer transcript 2\n" SAMPLE_KEYSTORE "number 1\nprevious -\nverb test\n"
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_the_forms_of_an_entry_are_told_apart(void)
{
    struct transcript_link link = read_as(HEAD "mac -\n");
    CU_ASSERT(link.fits && link.form == TRANSCRIPT_WITHOUT_MAC);
    link = read_as("signer transcript 1\n" SAMPLE_KEYSTORE "number 1\nprevious -\nverb test\n");
    CU_ASSERT(link.fits && link.form == TRANSCRIPT_OLD);
    link = read_as(HEAD "mac " SAMPLE_KEK " " HEX "\n");
    CU_ASSERT(link.fits && link.form == TRANSCRIPT_WITH_MAC && kek_id_equal(&link.kek, &sample_kek.id));
    CU_ASSERT(link.mac[0] == 0 && link.mac[31] == 0xff && link.claim.number == 1);
}

static void test_the_claim_is_of_what_is_above_the_mac(void)
{
    uint8_t above[SHA256_SIZE], whole[SHA256_SIZE], zeros[SHA256_SIZE] = { 0 };
    const char *text = HEAD "mac " SAMPLE_KEK " " HEX "\n";
    struct transcript_link link = read_as(text);
    sha256(HEAD, strlen(HEAD), above);
    sha256(text, strlen(text), whole);
    CU_ASSERT(memcmp(link.claim.sha256, above, sizeof above) == 0 && memcmp(link.hash, whole, sizeof whole) == 0);
    CU_ASSERT(memcmp(link.claim.previous, zeros, sizeof zeros) == 0);
    CU_ASSERT(memcmp(link.claim.keystore_id, sample_header.keystore_id, KEYSTORE_ID_SIZE) == 0);
}

static void test_any_other_text_is_no_entry(void)
{
    static const char *const wrong[] = {
        "",
        "\n",
        HEAD,
        HEAD "mac\n",
        HEAD "mac - \n",
        HEAD "mac -",
        HEAD "mac -\n\n",
        HEAD "Mac -\n",
        HEAD "mac " SAMPLE_KEK " " HEX,
        HEAD "mac " SAMPLE_KEK " " HEX "0\n",
        HEAD "mac " SAMPLE_KEK "  " HEX "\n",
        HEAD "mac " SAMPLE_KEK "-" HEX "\n",
        HEAD "mac 3F91-8A17-B121-6618 " HEX "\n",
        HEAD "mac " SAMPLE_KEK " 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\n",
        HEAD "mac " SAMPLE_KEK " " HEX "\nverb more\n",
        "mac " SAMPLE_KEK " " HEX "\n",
        "signer transcript 3\n" SAMPLE_KEYSTORE "number 1\nprevious -\nverb test\nmac -\n",
        "signer transcript 2\n" SAMPLE_KEYSTORE "number 01\nprevious -\nverb test\nmac -\n",
        "signer transcript 2\n" SAMPLE_KEYSTORE "number 2\nprevious -\nverb test\nmac -\n",
        "signer transcript 2\nkeystore cafe0000000000000000000000000001\nnumber 1\nprevious -\nverb test\nmac -\n",
        "signer transcript 2\n" SAMPLE_KEYSTORE "number 1\nprevious " HEX "\nverb test\nmac -\n",
    };
    for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
        struct transcript_link link = read_as(wrong[i]);
        if (link.fits)
            fprintf(stderr, "accepted: %s", wrong[i]);
        CU_ASSERT(!link.fits && link.claim.number == 1);
    }
}

static void test_the_end_is_behind_the_last_entry(void)
{
    struct transcript_link last;
    uint8_t hash[SHA256_SIZE];
    sample_begin(0, NULL);
    CU_ASSERT(transcript_chain_end(&sample_directory, &sample_header, &last) == FAULT_NONE && last.claim.number == 0);
    sample_begin(3, &sample_kek);
    CU_ASSERT(transcript_chain_end(&sample_directory, &sample_header, &last) == FAULT_NONE && last.claim.number == 3);
    sha256(sample_text, sample_read(3), hash);
    CU_ASSERT(memcmp(last.hash, hash, sizeof hash) == 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_entries_have_names_in_their_order),     UNIT_TEST(test_the_forms_of_an_entry_are_told_apart),
        UNIT_TEST(test_the_claim_is_of_what_is_above_the_mac), UNIT_TEST(test_any_other_text_is_no_entry),
        UNIT_TEST(test_the_end_is_behind_the_last_entry),
    };
    int code = sample_prepare() ? UNIT_RUN("transcript_chain", tests) : 1;
    sample_end();
    return code;
}
