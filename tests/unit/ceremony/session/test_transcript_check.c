/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/session/transcript_check.h"

#include "tests/unit/ceremony/session/transcript_sample.h"

static char found[64]; /* a letter for each visit: Proven, Forged, Unchecked, No MAC, Old, Broken */

static void note(enum transcript_verdict verdict, unsigned number, const struct kek_id *kek, void *context)
{
    const struct kek *own = context;
    size_t at = strlen(found);
    CU_ASSERT(number == at + 1);
    if (verdict == TRANSCRIPT_PROVEN || verdict == TRANSCRIPT_FORGED)
        CU_ASSERT(own && kek_id_equal(kek, &own->id));
    found[at] = "PFUNOB"[verdict];
}

static void expect_of(const struct header *header, const struct kek *kek, const char *wanted)
{
    memset(found, 0, sizeof found);
    CU_ASSERT(transcript_check(&sample_directory, header, kek, note, (void *)kek) == FAULT_NONE);
    if (strcmp(found, wanted) != 0)
        fprintf(stderr, "\n    %s instead of %s", found, wanted);
    CU_ASSERT_STRING_EQUAL(found, wanted);
}

static void expect(const struct kek *kek, const char *wanted)
{
    expect_of(&sample_header, kek, wanted);
}

static bool replace(unsigned number, const char *from, const char *to)
{
    (void)sample_read(number);
    char *at = strstr(sample_text, from);
    if (at)
        memcpy(at, to, strlen(to)); /* of the same length */
    return at && sample_write(number, sample_text);
}

static void test_macs_are_right_under_their_kek_only(void)
{
    sample_begin(0, NULL);
    expect(&sample_kek, "");
    sample_begin(3, &sample_kek);
    expect(&sample_kek, "PPP");
    expect(&sample_stranger, "UUU");
    expect(NULL, "UUU");
}

static void test_entries_without_a_mac_are_never_proven(void)
{
    sample_begin(2, &sample_kek);
    UNIT_NEED(sample_append("test", "-", NULL) && sample_append("test", "-", &sample_kek)
              && sample_append("test", "-", &sample_stranger));
    expect(&sample_kek, "PPNPU");
    expect(&sample_stranger, "UUNUP");
}

static void test_old_entries_are_never_proven(void)
{
    sample_begin(0, NULL);
    UNIT_NEED(sample_write(1, "signer transcript 1\n" SAMPLE_KEYSTORE "number 1\nprevious -\nverb split\n"));
    UNIT_NEED(sample_append("test", "-", &sample_kek));
    expect(&sample_kek, "OP");
    expect(NULL, "OU");
}

static void test_an_altered_entry_is_named_and_breaks_the_chain_behind_it(void)
{
    sample_begin(3, &sample_kek);
    UNIT_NEED(replace(2, "verb test", "verb best"));
    expect(&sample_kek, "PFB");
    expect(NULL, "UUB");
    sample_begin(3, &sample_kek);
    UNIT_NEED(replace(3, "verb test", "verb best")); /* of the last, only the MAC tells */
    expect(&sample_kek, "PPF");
}

/* Whoever can write there can make a chain that fits, but no MAC. */
static void test_a_rewritten_chain_is_not_proven(void)
{
    char before[SHA256_TEXT], after[SHA256_TEXT];
    sample_begin(2, &sample_kek);
    sha256_text(sample_text, sample_read(1), before);
    UNIT_NEED(replace(1, "verb test", "verb best"));
    sha256_text(sample_text, sample_read(1), after);
    UNIT_NEED(replace(2, before, after));
    expect(&sample_kek, "FF");
    expect(NULL, "UU");
}

static void test_a_mac_of_another_entry_is_wrong(void)
{
    char first[256];
    sample_begin(2, &sample_kek);
    (void)sample_read(1);
    snprintf(first, sizeof first, "%s", strstr(sample_text, "\nmac ") + 1);
    (void)sample_read(2);
    snprintf(strstr(sample_text, "\nmac ") + 1, sizeof first, "%s", first);
    UNIT_NEED(sample_write(2, sample_text));
    expect(&sample_kek, "PF");
}

static void test_a_transcript_of_another_keystore_is_not_one_of_this(void)
{
    const struct header other = { .keystore_id = { 0xca, 0xfe, 1 } };
    sample_begin(2, &sample_kek);
    expect_of(&other, &sample_kek, "BB");
    UNIT_NEED(replace(1, "keystore cafe00", "keystore cafe01"));
    expect_of(&other, &sample_kek, "FB");
}

static void test_an_entry_that_is_gone_breaks_the_chain(void)
{
    sample_begin(3, &sample_kek);
    UNIT_NEED(unlink(sample_path(2)) == 0);
    expect(&sample_kek, "PB");
    sample_begin(3, &sample_kek);
    UNIT_NEED(unlink(sample_path(1)) == 0);
    expect(&sample_kek, "B");
}

static void test_entries_in_each_others_place_break_the_chain(void)
{
    sample_begin(2, &sample_kek);
    UNIT_NEED(rename(sample_path(1), unit_path("kept")) == 0 && rename(sample_path(2), sample_path(1)) == 0
              && rename(unit_path("kept"), sample_path(2)) == 0);
    expect(&sample_kek, "BB");
}

/* Signatures that an older version wrote beside its entries count for nothing, but have a number. */
static void test_a_file_beyond_the_end_tells_of_a_missing_entry(void)
{
    sample_begin(2, &sample_kek);
    UNIT_NEED(records_create(&sample_directory, "transcript-000002.sig", (const uint8_t *)"x", 1) == FAULT_NONE);
    expect(&sample_kek, "PP");
    UNIT_NEED(unlink(sample_path(2)) == 0);
    expect(&sample_kek, "PB");
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_macs_are_right_under_their_kek_only),
        UNIT_TEST(test_entries_without_a_mac_are_never_proven),
        UNIT_TEST(test_old_entries_are_never_proven),
        UNIT_TEST(test_an_altered_entry_is_named_and_breaks_the_chain_behind_it),
        UNIT_TEST(test_a_rewritten_chain_is_not_proven),
        UNIT_TEST(test_a_mac_of_another_entry_is_wrong),
        UNIT_TEST(test_a_transcript_of_another_keystore_is_not_one_of_this),
        UNIT_TEST(test_an_entry_that_is_gone_breaks_the_chain),
        UNIT_TEST(test_entries_in_each_others_place_break_the_chain),
        UNIT_TEST(test_a_file_beyond_the_end_tells_of_a_missing_entry),
    };
    int code = sample_prepare() ? UNIT_RUN("transcript_check", tests) : 1;
    sample_end();
    return code;
}
