/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/crl.h"

#include "tests/unit/ceremony/pki/fake_authority.h"

#define NOW "2026-11-21T10:00:00Z"

static const struct plan_key plan = {
    .id = { "ca" }, .days = 30, .extension_count = 1, .extensions = { { "authorityKeyIdentifier", "keyid" } }
};
static struct crl_facts facts;
static char said[LINT_SENTENCE]; /* why the last one was refused */

static char *sign_pem(const struct plan_key *key, const char *issuer, const struct revocations *wanted,
                      const struct plan_override *override)
{
    struct lint lint = { .overrides = override, .override_count = override != NULL };
    const char *why = NULL, *again = NULL;
    bool checked = crl_check(key, issuer, wanted, &lint, &facts, &again);
    snprintf(said, sizeof said, "%s", again ? again : "");
    char *pem = crl_sign(key, issuer, wanted, &lint, &facts, &why);
    CU_ASSERT((pem == NULL) == (why != NULL) && (checked || !pem));
    if (why)
        snprintf(said, sizeof said, "%s", why);
    return pem;
}

static X509_CRL *read_crl(char *pem)
{
    BIO *from = pem ? BIO_new_mem_buf(pem, -1) : NULL;
    X509_CRL *crl = from ? PEM_read_bio_X509_CRL(from, NULL, NULL, NULL) : NULL;
    BIO_free(from);
    free(pem);
    return crl;
}

static X509_CRL *sign(const struct plan_key *key, const char *issuer, const struct revocations *wanted)
{
    return read_crl(sign_pem(key, issuer, wanted, NULL));
}

/* Whether it is refused by the rule, and passes with an override of it. */
static bool is_refused_by(const char *rule, const struct plan_key *key, const struct revocations *wanted)
{
    const struct plan_override override = { rule, "a reason" };
    X509_CRL *crl = sign(key, fake_ca_pem, wanted);
    bool refused = !crl && strncmp(said, rule, strlen(rule)) == 0 && strstr(said, "override");
    X509_CRL_free(crl);
    crl = read_crl(sign_pem(key, fake_ca_pem, wanted, &override));
    bool passes = crl != NULL;
    X509_CRL_free(crl);
    if (!refused || !passes)
        fprintf(stderr, "%s: refused %d, passes %d: %s\n", rule, refused, passes, said);
    return refused && passes;
}

static uint64_t number_of(const X509_CRL *crl)
{
    uint64_t number = 0;
    ASN1_INTEGER *value = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    CU_ASSERT(value && ASN1_INTEGER_get_uint64(&number, value) == 1);
    ASN1_INTEGER_free(value);
    return number;
}

static int count_of(X509_CRL *crl)
{
    int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));
    return count > 0 ? count : 0;
}

static X509_REVOKED *entry_of(X509_CRL *crl, long number)
{
    X509_REVOKED *found = NULL;
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    CU_ASSERT(ASN1_INTEGER_set(serial, number) == 1);
    (void)X509_CRL_get0_by_serial(crl, &found, serial);
    ASN1_INTEGER_free(serial);
    return found;
}

static void test_an_empty_list_is_signed_by_the_key_for_its_issuer(void)
{
    char name[64];
    const struct revocations none = { .number = 7 };
    int days = 0, seconds = 0;
    X509_CRL *crl = sign(&plan, fake_ca_pem, &none);
    UNIT_NEED(crl != NULL);
    X509_NAME_oneline(X509_CRL_get_issuer(crl), name, sizeof name);
    CU_ASSERT(strcmp(name, "/CN=Fake CA") == 0 && X509_CRL_verify(crl, fake_ca_key) == 1);
    CU_ASSERT(X509_CRL_get_version(crl) == X509_CRL_VERSION_2 && number_of(crl) == 7);
    CU_ASSERT(ASN1_TIME_diff(&days, &seconds, X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl)) == 1);
    CU_ASSERT(days == 30 && count_of(crl) == 0 && facts.count == 0);
    X509_CRL_free(crl);
}

static void test_each_revoked_certificate_stands_with_its_time_and_its_reason(void)
{
    static const struct plan_revoked list[] = { { "0ff1", NOW, "keyCompromise" },
                                                { "7f", "2025-01-01T00:00:00Z", NULL } };
    const struct revocations two = { .number = 1, .count = 2, .list = list };
    ASN1_TIME *when = ASN1_TIME_new();
    X509_CRL *crl = sign(&plan, fake_ca_pem, &two);
    UNIT_NEED(crl != NULL);
    X509_REVOKED *found = entry_of(crl, 0xff1);
    CU_ASSERT(count_of(crl) == 2 && ASN1_TIME_set_string(when, "20261121100000Z") == 1);
    CU_ASSERT(found && ASN1_TIME_compare(X509_REVOKED_get0_revocationDate(found), when) == 0);
    ASN1_ENUMERATED *reason = found ? X509_REVOKED_get_ext_d2i(found, NID_crl_reason, NULL, NULL) : NULL;
    CU_ASSERT(reason && ASN1_ENUMERATED_get(reason) == CRL_REASON_KEY_COMPROMISE);
    CU_ASSERT(X509_REVOKED_get_ext_count(entry_of(crl, 0x7f)) <= 0 && entry_of(crl, 0xff2) == NULL);
    ASN1_ENUMERATED_free(reason);
    ASN1_TIME_free(when);
    X509_CRL_free(crl);
}

static void test_a_serial_or_time_that_is_none_is_refused(void)
{
    static const struct plan_revoked bad[] = { { "xyz", NOW, NULL }, { "01", "yesterday", NULL } };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        const struct revocations one = { .number = 1, .count = 1, .list = &bad[i] };
        CU_ASSERT(sign(&plan, fake_ca_pem, &one) == NULL);
    }
}

static void test_a_key_that_is_not_there_or_an_issuer_that_is_none_is_refused(void)
{
    static const struct plan_key other = {
        .id = { "other" }, .days = 30, .extension_count = 1, .extensions = { { "authorityKeyIdentifier", "keyid" } }
    };
    const struct revocations none = { .number = 1 };
    CU_ASSERT(sign(&other, fake_ca_pem, &none) == NULL && sign(&plan, "garbage", &none) == NULL);
}

/* -- the previous CRL -- */

static const struct plan_revoked three[] = { { "01", NOW, "superseded" }, { "02", NOW, NULL }, { "03", NOW, NULL } };

/* A CRL of the fake CA with these three, number 5; the caller frees. */
static char *previous_pem(void)
{
    const struct revocations of_three = { .number = 5, .count = 3, .list = three };
    return sign_pem(&plan, fake_ca_pem, &of_three, NULL);
}

static struct revocations after(const char *previous, uint64_t number)
{
    return (struct revocations){ .number = number,
                                 .previous = (const uint8_t *)previous,
                                 .previous_length = strlen(previous) };
}

static void test_a_crl_has_what_the_previous_one_has_and_what_is_added(void)
{
    static const struct plan_revoked more[] = { { "04", NOW, NULL }, { "02", NOW, NULL } };
    char *previous = previous_pem();
    UNIT_NEED(previous != NULL);
    struct revocations wanted = after(previous, 6);
    wanted.count = 2;
    wanted.list = more;
    X509_CRL *crl = sign(&plan, fake_ca_pem, &wanted);
    UNIT_NEED(crl != NULL);
    CU_ASSERT(count_of(crl) == 4 && number_of(crl) == 6 && entry_of(crl, 4) && entry_of(crl, 1));
    CU_ASSERT(X509_REVOKED_get_ext_count(entry_of(crl, 1)) == 1); /* its reason stays */
    CU_ASSERT(facts.count == 4 && facts.added == 1 && facts.dropped == 0);
    CU_ASSERT(facts.previous_number == 5 && facts.previous_count == 3);
    X509_CRL_free(crl);
    free(previous);
}

static void test_a_previous_crl_in_der_is_read_too(void)
{
    unsigned char *der = NULL;
    X509_CRL *old = read_crl(previous_pem());
    int length = i2d_X509_CRL(old, &der);
    UNIT_NEED(length > 0);
    const struct revocations wanted = { .number = 6, .previous = der, .previous_length = (size_t)length };
    X509_CRL *crl = sign(&plan, fake_ca_pem, &wanted);
    CU_ASSERT(crl && count_of(crl) == 3);
    X509_CRL_free(crl);
    X509_CRL_free(old);
    OPENSSL_free(der);
}

static void test_a_revocation_vanishes_only_by_its_name(void)
{
    static const struct plan_dropped drop[] = { { "02", "it has expired" } };
    char *previous = previous_pem();
    UNIT_NEED(previous != NULL);
    struct revocations wanted = after(previous, 6);
    wanted.dropped_count = 1;
    wanted.dropped = drop;
    X509_CRL *crl = sign(&plan, fake_ca_pem, &wanted);
    UNIT_NEED(crl != NULL);
    CU_ASSERT(count_of(crl) == 2 && !entry_of(crl, 2) && facts.dropped == 1);
    X509_CRL_free(crl);
    free(previous);
}

static void test_rule_crl_number(void)
{
    char *previous = previous_pem();
    UNIT_NEED(previous != NULL);
    for (uint64_t number = 4; number <= 5; number++) {
        const struct revocations wanted = after(previous, number);
        CU_ASSERT(is_refused_by(LINT_CRL_NUMBER, &plan, &wanted));
    }
    struct revocations known = after(previous, 5);
    known.number = 6;
    known.last_number = 5;
    X509_CRL *crl = sign(&plan, fake_ca_pem, &known);
    CU_ASSERT(crl != NULL);
    X509_CRL_free(crl);
    free(previous);
}

static void test_rule_crl_previous(void)
{
    static const struct plan_dropped drop[] = { { "09", "never there" } };
    static const struct plan_revoked moved[] = { { "02", "2026-11-22T10:00:00Z", NULL } };
    char *previous = previous_pem();
    UNIT_NEED(previous != NULL);
    struct revocations wanted[3] = { after(previous, 9), after(previous, 9), after(previous, 9) };
    wanted[0].last_number = 7; /* the transcript knows a later one */
    wanted[1].dropped_count = 1;
    wanted[1].dropped = drop;
    wanted[2].count = 1;
    wanted[2].list = moved;
    for (size_t i = 0; i < UNIT_COUNT(wanted); i++)
        CU_ASSERT(is_refused_by(LINT_CRL_PREVIOUS, &plan, &wanted[i]));
    const struct revocations forgotten = { .number = 9, .last_number = 7 };
    CU_ASSERT(is_refused_by(LINT_CRL_PREVIOUS, &plan, &forgotten));
    free(previous);
}

static void test_a_previous_crl_of_another_ca_is_refused_and_nothing_overrides_that(void)
{
    static const struct plan_override override = { LINT_CRL_PREVIOUS, "no" };
    char *previous = previous_pem();
    UNIT_NEED(previous != NULL);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    char *other = fake_ca_certify(key, "CN=Other CA"), *same_name = fake_ca_certify(key, "CN=Fake CA");
    const struct revocations wanted = after(previous, 6), none = after("nothing", 6);
    const char *const issuers[] = { other, same_name };
    for (size_t i = 0; i < UNIT_COUNT(issuers); i++) {
        struct lint lint = { .overrides = &override, .override_count = 1 };
        const char *why = NULL;
        CU_ASSERT(!crl_check(&plan, issuers[i], &wanted, &lint, &facts, &why) && why && strstr(why, "not of this CA"));
    }
    CU_ASSERT(sign(&plan, fake_ca_pem, &none) == NULL && strstr(said, "no CRL"));
    EVP_PKEY_free(key);
    free(other);
    free(same_name);
    free(previous);
}

static void test_rule_serial(void)
{
    static const struct plan_revoked zero[] = { { "00", NOW, NULL } },
                                     large[] = { { "ff00000000000000000000000000000000000000", NOW, NULL } },
                                     twice[] = { { "07", NOW, NULL }, { "0007", NOW, NULL } };
    const struct revocations wanted[] = { { .number = 1, .count = 1, .list = zero },
                                          { .number = 1, .count = 1, .list = large },
                                          { .number = 1, .count = 2, .list = twice } };
    for (size_t i = 0; i < UNIT_COUNT(wanted); i++)
        CU_ASSERT(is_refused_by(LINT_SERIAL, &plan, &wanted[i]));
}

static void test_rule_revocation_time(void)
{
    static const struct plan_revoked future[] = { { "07", "2099-01-01T00:00:00Z", NULL } };
    const struct revocations wanted = { .number = 1, .count = 1, .list = future };
    CU_ASSERT(is_refused_by(LINT_REVOCATION_TIME, &plan, &wanted));
}

static void test_rule_validity_beyond_issuer(void)
{
    struct plan_key longer = plan;
    longer.days = FAKE_CA_DAYS + 1;
    const struct revocations none = { .number = 1 };
    CU_ASSERT(is_refused_by(LINT_VALIDITY, &longer, &none));
}

static void test_rule_extensions(void)
{
    struct plan_key bare = plan;
    bare.extension_count = 0;
    const struct revocations none = { .number = 1 };
    CU_ASSERT(is_refused_by(LINT_EXTENSIONS, &bare, &none));
}

static void test_more_revocations_than_a_plan_has_room_for_are_signed(void)
{
    enum { MANY = 5000 };
    static char serials[MANY][8];
    static struct plan_revoked list[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(serials[i], sizeof serials[i], "%x", i + 1);
        list[i] = (struct plan_revoked){ serials[i], NOW, NULL };
    }
    const struct revocations wanted = { .number = 1, .count = MANY, .list = list };
    X509_CRL *crl = sign(&plan, fake_ca_pem, &wanted);
    CU_ASSERT(crl && count_of(crl) == MANY && facts.count == MANY);
    X509_CRL_free(crl);
}

static void test_the_reasons_are_those_of_a_crl(void)
{
    CU_ASSERT(crl_is_reason("keyCompromise") && crl_is_reason("superseded") && strstr(crl_reasons(), "superseded"));
    CU_ASSERT(!crl_is_reason("") && !crl_is_reason("unspecified") && !crl_is_reason("removeFromCRL"));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_an_empty_list_is_signed_by_the_key_for_its_issuer),
        UNIT_TEST(test_each_revoked_certificate_stands_with_its_time_and_its_reason),
        UNIT_TEST(test_a_serial_or_time_that_is_none_is_refused),
        UNIT_TEST(test_a_key_that_is_not_there_or_an_issuer_that_is_none_is_refused),
        UNIT_TEST(test_a_crl_has_what_the_previous_one_has_and_what_is_added),
        UNIT_TEST(test_a_previous_crl_in_der_is_read_too),
        UNIT_TEST(test_a_revocation_vanishes_only_by_its_name),
        UNIT_TEST(test_rule_crl_number),
        UNIT_TEST(test_rule_crl_previous),
        UNIT_TEST(test_a_previous_crl_of_another_ca_is_refused_and_nothing_overrides_that),
        UNIT_TEST(test_rule_serial),
        UNIT_TEST(test_rule_revocation_time),
        UNIT_TEST(test_rule_validity_beyond_issuer),
        UNIT_TEST(test_rule_extensions),
        UNIT_TEST(test_more_revocations_than_a_plan_has_room_for_are_signed),
        UNIT_TEST(test_the_reasons_are_those_of_a_crl),
    };
    int code = fake_ca_open() ? UNIT_RUN("crl", tests) : 1;
    fake_ca_close();
    return code;
}
