/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/run/plan.h"

#include "tests/unit/said.h"

#define NEW "kind new\nceremony c\nthreshold 2\ncustodian A\ncustodian B\n"
#define KEY "key k\nsubject CN=x\ndays 1\n"
#define ISSUE "kind issue\nceremony c\nkey k\ndays 1\n"
#define CRL "crl-number 1\nprevious-crl none\n"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool read_bytes(const char *text, size_t length, struct plan *out)
{
    const char *path = unit_path("plan");
    return unit_write(path, text, length, 0600) && plan_read(path, out);
}

static bool is_plan(const char *text)
{
    struct plan plan;
    bool ok = read_bytes(text, strlen(text), &plan);
    plan_free(&plan);
    return ok;
}

static void test_a_plan_is_read_with_all_that_it_says(void)
{
    static const char text[] = "# a comment\n\n  kind\tnew \r\n"
                               "ceremony  Two words \n"
                               "group 2/3\ngroup 1/2\ncustodian A\ncustodian B\ncustodian C\ncustodian D\ncustodian E\n"
                               "key one\n algorithm ec-p384\n subject CN=One, O=x\n days 36525\n"
                               " extension keyUsage critical, cRLSign\nkey two\n subject CN=Two\n result request\n"
                               " imported yes";
    struct plan plan;
    uint8_t hash[SHA256_SIZE];
    UNIT_NEED(read_bytes(text, strlen(text), &plan));
    sha256(text, strlen(text), hash);
    CU_ASSERT(plan.kind == PLAN_NEW && memcmp(plan.sha256, hash, sizeof hash) == 0);
    CU_ASSERT_STRING_EQUAL(plan.ceremony, "Two words");
    CU_ASSERT(plan.split.group_count == 2 && plan.split.group_threshold == 2 && plan.split.label_count == 5);
    UNIT_NEED(plan.key_count == 2);
    const struct plan_key *one = &plan.keys[0], *two = &plan.keys[1];
    CU_ASSERT(one->days == 36525 && one->result == PLAN_CERTIFICATE && !one->imported && one->extension_count == 1);
    CU_ASSERT_STRING_EQUAL(one->algorithm, "ec-p384");
    CU_ASSERT_STRING_EQUAL(one->subject, "CN=One, O=x");
    CU_ASSERT_STRING_EQUAL(one->extensions[0].name, "keyUsage");
    CU_ASSERT_STRING_EQUAL(one->extensions[0].value, "critical, cRLSign");
    CU_ASSERT(two->result == PLAN_REQUEST && two->imported && !two->algorithm && two->days == 0);
    plan_free(&plan);
}

static void test_a_plan_of_every_kind_is_taken(void)
{
    static const char *const good[] = {
        NEW KEY,
        ISSUE CRL,
        ISSUE "crl-number 999999999999999999\nprevious-crl " HASH "\nrevoked ff 2026-11-21T10:00:00Z\n",
        ISSUE CRL "revoked ff 2026-11-21T10:00:00Z keyCompromise\nrevoked-list " HASH "\n",
        ISSUE CRL "no-longer-revoked 0a it has expired\noverride crl-number a reason of words\n",
        ISSUE "request-sha256 " HASH "\n",
        "kind rekey\nceremony c\nthreshold 2\ncustodian A\ncustodian B\n",
    };
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        CU_ASSERT(is_plan(good[i]));
}

static void test_a_plan_that_lacks_repeats_or_misplaces_something_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "kind new\n",
        NEW,
        NEW "key k\ndays 1\n",
        NEW "key k\nsubject CN=x\n",
        NEW KEY KEY,
        NEW KEY "kind new\n",
        NEW KEY "days 2\n",
        NEW KEY "subject CN=y\n",
        NEW KEY "algorithm rsa-1\n",
        NEW KEY "algorithm\n",
        NEW "subject CN=x\n" KEY,
        NEW "days 1\n" KEY,
        NEW "result request\n" KEY,
        NEW "extension a b\n" KEY,
        NEW "key K\nsubject CN=x\ndays 1\n",
        NEW "key k\nsubject CN=x\ndays 36526\n",
        NEW "key k\nsubject CN=x\ndays 1d\n",
        NEW "key k\nsubject CN=x\ndays -1\n",
        NEW "key k\nsubject CN=x\ndays 4294967297\n",
        NEW KEY "ceremony d\n",
        NEW KEY "threshold 2\n",
        NEW KEY "work x\n",
        NEW KEY "Kind new\n",
        NEW KEY "kind\n",
        ISSUE,
        ISSUE "crl-number 1\n",
        ISSUE "crl-number 0\nprevious-crl none\n",
        ISSUE "crl-number 1000000000000000000\nprevious-crl none\n",
        ISSUE "crl-number 1x\nprevious-crl none\n",
        ISSUE CRL "crl-number 2\n",
        ISSUE CRL "previous-crl none\n",
        ISSUE CRL "request-sha256 " HASH "\n",
        ISSUE "request-sha256 " HASH "\nprevious-crl none\n",
        ISSUE "request-sha256 " HASH "\nno-longer-revoked 1 x\n",
        ISSUE "request-sha256 " HASH "\nrevoked 1 2026-11-21T10:00:00Z\n",
        ISSUE "crl-number 1\nprevious-crl None\n",
        ISSUE CRL "revoked-list none\n",
        ISSUE CRL "no-longer-revoked 1\n",
        ISSUE CRL "no-longer-revoked x because\n",
        ISSUE CRL "override crl-number\n",
        ISSUE CRL "override everything because\n",
        ISSUE CRL "revoked 1 2026-11-21T10:00:00Z because\n",
        ISSUE "request-sha256 " HASH "0\n",
        ISSUE "request-sha256 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\n",
        ISSUE CRL "revoked g 2026-11-21T10:00:00Z\n",
        ISSUE CRL "revoked 0 2026-11-21\n",
        ISSUE CRL "revoked 0 -\n",
        ISSUE CRL "revoked 0\n",
        ISSUE CRL "key l\ndays 1\n",
        ISSUE CRL "custodian A\n",
        "kind rekey\nceremony c\nthreshold 2\ncustodian A\ncustodian B\n" KEY,
        "kind new\nceremony 0123456789012345678901234567890123456789012345678901234567890123x\nthreshold 2\n"
        "custodian A\ncustodian B\n" KEY,
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        bool taken = is_plan(bad[i]);
        if (taken)
            fprintf(stderr, "taken: %s\n", bad[i]);
        CU_ASSERT(!taken);
    }
}

static void test_a_plan_is_plain_text_within_its_size(void)
{
    struct plan plan;
    static char large[PLAN_FILE_MAX + 2];
    for (int byte = 0; byte < ' '; byte++) {
        char text[] = NEW KEY "# .\n";
        *strchr(text, '.') = (char)byte;
        bool taken = read_bytes(text, sizeof text - 1, &plan);
        CU_ASSERT(taken == (byte == '\t' || byte == '\n' || byte == '\r'));
        plan_free(&plan);
    }
    memset(large, '#', sizeof large);
    memcpy(large, NEW KEY, sizeof NEW KEY - 1);
    for (size_t length = PLAN_FILE_MAX - 1; length <= PLAN_FILE_MAX + 1; length++) {
        CU_ASSERT(read_bytes(large, length, &plan) == (length <= PLAN_FILE_MAX));
        plan_free(&plan);
    }
    CU_ASSERT(!plan_read(unit_path("none"), &plan) && !plan_read(unit_path("."), &plan));
}

/* As many as there is room for, and one more. */
static void test_a_plan_with_more_than_fits_is_refused(void)
{
    static char text[PLAN_FILE_MAX];
    static const struct {
        const char *before;
        unsigned most;
    } limits[] = {
        { NEW KEY, PLAN_EXTENSIONS_MAX },
        { NEW, PLAN_KEYS_MAX },
        { ISSUE CRL, PLAN_OVERRIDES_MAX },
    };
    for (size_t i = 0; i < UNIT_COUNT(limits); i++)
        for (unsigned count = limits[i].most; count <= limits[i].most + 1; count++) {
            size_t length = (size_t)sprintf(text, "%s", limits[i].before);
            for (unsigned j = 0; j < count; j++)
                length += (size_t)(i == 0       ? sprintf(text + length, "extension inhibitAnyPolicy %u\n", j)
                                       : i == 1 ? sprintf(text + length, "key k%u\nsubject CN=x\ndays 1\n", j)
                                                : sprintf(text + length, "override serial reason %u\n", j));
            CU_ASSERT(is_plan(text) == (count == limits[i].most));
        }
}

static bool is_refused(const char *text, const char *const *sentences)
{
    struct plan plan;
    said_begin();
    bool taken = said_end(read_bytes(text, strlen(text), &plan));
    plan_free(&plan);
    for (; *sentences && !taken; sentences++)
        if (!strstr(said, *sentences)) {
            fprintf(stderr, "\"%s\" is not in: %s\n", *sentences, said);
            return false;
        }
    return !taken;
}

#define REFUSED(text, ...) CU_ASSERT(is_refused(text, (const char *const[]){ __VA_ARGS__, NULL }))

static void test_a_refusal_names_line_field_and_what_is_allowed(void)
{
    REFUSED("kind gnu\n", ":1: kind \"gnu\"", "new, issue or rekey");
    REFUSED("kind new\nkinds x\n", ":2: \"kinds\"", "kind, ceremony, threshold, group");
    REFUSED(NEW "key k\ndays 36526\n", ":7: days \"36526\"", "1 to 36525", "below its key");
    REFUSED(NEW "days 3\n", ":6: days \"3\"", "below its key");
    REFUSED(ISSUE CRL "revoked 1 yesterday\n", ":7: revoked \"1 yesterday\"", "SERIAL TIME", "2026-11-21T10:00:00Z");
    REFUSED(NEW KEY "extension certificatePolicies @x\n", ":9: extension", "certificatePolicies", "@x", "anyPolicy");
    REFUSED(NEW "key k\nsubject CN=a\\\\b\n", ":7: subject", "CN=NAME", "backslash");
    REFUSED(NEW "key k\nsubject NAME=a\n", ":7: subject", "CN=NAME");
    REFUSED(NEW KEY "extension subjectAltName IP:300.1.1.1\n", ":9: extension", "subjectAltName", "IP:300.1.1.1");
    REFUSED(NEW KEY "extension nsComment x\n", ":9: extension", "nsComment", "may not ask");
    REFUSED(ISSUE CRL "override all because\n", ":7: override", "\"all\"", "crl-number", "path-length");
}

static void test_a_threshold_is_refused_in_the_words_of_a_plan(void)
{
#define PEOPLE "custodian A\ncustodian B\n" KEY
    REFUSED("kind new\nceremony c\nthreshold 1\n" PEOPLE, "threshold 1: one custodian alone", "threshold 2 or more");
    REFUSED("kind new\nceremony c\nthreshold 3\n" PEOPLE, "threshold is above the number of custodian lines");
    REFUSED("kind new\nceremony c\n" PEOPLE, "needs threshold");
    REFUSED("kind new\nceremony c\nthreshold 3\ngroup 1/1\ngroup 1/1\n" PEOPLE, "above the number of group lines");
    REFUSED("kind new\nceremony c\nthreshold 17\n" PEOPLE, ":3: threshold \"17\"", "from 2 to 16");
    CU_ASSERT(strstr(said, "--") == NULL);
}

static void test_a_custodian_who_is_named_twice_is_refused_with_the_line(void)
{
    REFUSED("kind new\nceremony c\nthreshold 2\ncustodian A\ncustodian B\ncustodian B\n" KEY,
            ":6: custodian: \"B\" has a share already", "\"B (second share)\"");
    REFUSED("kind rekey\nceremony c\ngroup 2/2\ngroup 1/1\ncustodian A\ncustodian B\ncustodian a\n",
            ":7: custodian: \"a\" has a share already");
    CU_ASSERT(is_plan("kind new\nceremony c\nthreshold 2\ncustodian A\ncustodian B\ncustodian B (second share)\n" KEY));
}

static void test_as_many_revocations_as_a_plan_has_room_for_are_taken(void)
{
    static char text[PLAN_FILE_MAX];
    size_t length = (size_t)sprintf(text, "%s", ISSUE CRL);
    for (unsigned i = 1; i <= 1500; i++)
        length += (size_t)sprintf(text + length, "revoked %04x 2026-11-21T10:00:00Z\n", i);
    struct plan plan;
    CU_ASSERT(read_bytes(text, length, &plan) && plan.revoked.count == 1500);
    plan_free(&plan);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_plan_is_read_with_all_that_it_says),
        UNIT_TEST(test_a_plan_of_every_kind_is_taken),
        UNIT_TEST(test_a_plan_that_lacks_repeats_or_misplaces_something_is_refused),
        UNIT_TEST(test_a_plan_is_plain_text_within_its_size),
        UNIT_TEST(test_a_plan_with_more_than_fits_is_refused),
        UNIT_TEST(test_a_refusal_names_line_field_and_what_is_allowed),
        UNIT_TEST(test_a_threshold_is_refused_in_the_words_of_a_plan),
        UNIT_TEST(test_a_custodian_who_is_named_twice_is_refused_with_the_line),
        UNIT_TEST(test_as_many_revocations_as_a_plan_has_room_for_are_taken),
    };
    int code = unit_make_directory() ? UNIT_RUN("plan", tests) : 1;
    unit_remove_directory();
    return code;
}
