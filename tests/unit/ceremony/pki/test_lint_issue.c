/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/lint_issue.h"

#include <openssl/rsa.h>

#include "ceremony/pki/authority.h"
#include "ceremony/pki/x509_parts.h"
#include "tests/unit/unit.h"

static const struct plan_extension of_ca[] = { { "basicConstraints", "critical,CA:TRUE,pathlen:1" },
                                               { "keyUsage", "critical,keyCertSign,cRLSign" },
                                               { "subjectKeyIdentifier", "hash" } };
static EVP_PKEY *ca_key, *request_key;
static char *issuer; /* a CA with pathlen 1, for 40 days */
static char said[LINT_SENTENCE];

/* A self-signed certificate that begins `before` seconds ago; the caller frees. */
static char *certify(EVP_PKEY *key, const char *subject, const struct plan_extension *list, size_t count, long before)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    bool ok = x509_parts_fill_name(name, subject) && X509_set_version(certificate, X509_VERSION_3)
        && X509_set_issuer_name(certificate, name) && x509_parts_set_serial(certificate)
        && x509_parts_set_validity(certificate, 40) && X509_gmtime_adj(X509_getm_notBefore(certificate), -before)
        && X509_set_pubkey(certificate, key) && x509_parts_add_extensions(&context, list, count, certificate, NULL)
        && X509_sign(certificate, key, EVP_sha256()) > 0;
    char *pem = !ok ? NULL : x509_parts_pem(certificate, NULL, NULL);
    X509_free(certificate);
    return pem;
}

static char *request_of(EVP_PKEY *key, const char *subject, const EVP_MD *digest)
{
    X509_REQ *request = X509_REQ_new();
    CU_ASSERT((!subject || x509_parts_fill_name(X509_REQ_get_subject_name(request), subject))
              && X509_REQ_set_pubkey(request, key) && X509_REQ_sign(request, key, digest) > 0);
    char *pem = x509_parts_pem(NULL, request, NULL);
    X509_REQ_free(request);
    return pem;
}

/* A plan that is right for a subordinate CA; each test spoils one thing. */
static struct plan_key good(void)
{
    return (struct plan_key){ .days = 30,
                              .extension_count = 4,
                              .extensions = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" },
                                              { "keyUsage", "critical,keyCertSign,cRLSign" },
                                              { "subjectKeyIdentifier", "hash" },
                                              { "authorityKeyIdentifier", "keyid" } } };
}

static bool passes(const struct plan_key *plan, const char *above, const char *request, const char *rule)
{
    const struct plan_override override = { rule, "a reason" };
    struct lint lint = { .overrides = &override, .override_count = rule != NULL };
    const char *why = NULL;
    bool ok = authority_check_issue(plan, above, request, &lint, &why);
    snprintf(said, sizeof said, "%s", why ? why : "");
    return ok;
}

/* Whether it is refused by the rule, by its name, and passes with an override of it and of no other. */
static bool is_refused_by(const char *rule, const struct plan_key *plan, const char *above, const char *request)
{
    bool refused = !passes(plan, above, request, NULL) && strncmp(said, rule, strlen(rule)) == 0;
    bool other = passes(plan, above, request, strcmp(rule, LINT_PATH) == 0 ? LINT_NAME : LINT_PATH);
    bool overridden = passes(plan, above, request, rule);
    if (!refused || other || !overridden)
        fprintf(stderr, "%s: refused %d, by another override %d, by its own %d: %s\n", rule, refused, other, overridden,
                said);
    return refused && !other && overridden;
}

static bool key_is_refused(EVP_PKEY *key)
{
    const struct plan_key plan = good();
    char *request = request_of(key, "CN=Weak", EVP_sha256());
    bool refused = is_refused_by(LINT_KEY_STRENGTH, &plan, issuer, request);
    free(request);
    EVP_PKEY_free(key);
    return refused;
}

static void test_a_certificate_that_keeps_all_rules_passes(void)
{
    const struct plan_key plan = good();
    EVP_PKEY *keys[] = { EVP_EC_gen("P-384"), EVP_RSA_gen(2048), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
    for (size_t i = 0; i < UNIT_COUNT(keys); i++) {
        char *request = request_of(keys[i], "CN=Good, O=Example, C=DE", i == 2 ? NULL : EVP_sha256());
        bool ok = passes(&plan, issuer, request, NULL);
        CU_ASSERT(ok);
        if (!ok)
            fprintf(stderr, "%s\n", said);
        free(request);
        EVP_PKEY_free(keys[i]);
    }
}

static EVP_PKEY *rsa_with_exponent(unsigned exponent)
{
    EVP_PKEY *key = NULL;
    BIGNUM *number = BN_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    CU_ASSERT(BN_set_word(number, exponent) && EVP_PKEY_keygen_init(context) == 1
              && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, number) == 1 && EVP_PKEY_generate(context, &key) == 1);
    EVP_PKEY_CTX_free(context);
    BN_free(number);
    return key;
}

static void test_rule_key_strength(void)
{
    CU_ASSERT(key_is_refused(EVP_RSA_gen(1024)));
    CU_ASSERT(key_is_refused(rsa_with_exponent(3)));
    CU_ASSERT(key_is_refused(EVP_EC_gen("secp256k1")));
    CU_ASSERT(key_is_refused(EVP_EC_gen("P-224")));
}

static void test_rule_same_key(void)
{
    const struct plan_key plan = good();
    char *request = request_of(ca_key, "CN=Again", EVP_sha256());
    CU_ASSERT(is_refused_by(LINT_SAME_KEY, &plan, issuer, request));
    free(request);
}

static void test_rule_request_signature(void)
{
    const struct plan_key plan = good();
    char *request = request_of(request_key, "CN=Old", EVP_sha1());
    CU_ASSERT(is_refused_by(LINT_REQUEST_SIGNATURE, &plan, issuer, request));
    free(request);
}

/* As a request can have them: not by the plan's own syntax, which refuses most. */
static char *request_with(const char *part, int type, const char *text, int length)
{
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = X509_REQ_get_subject_name(request);
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_new();
    CU_ASSERT(X509_NAME_ENTRY_set_object(entry, OBJ_txt2obj(part, 0)) == 1
              && X509_NAME_ENTRY_set_data(entry, type, (const unsigned char *)text, length) == 1
              && X509_NAME_add_entry(name, entry, -1, 0) == 1 && X509_REQ_set_pubkey(request, request_key)
              && X509_REQ_sign(request, request_key, EVP_sha256()) > 0);
    X509_NAME_ENTRY_free(entry);
    char *pem = x509_parts_pem(NULL, request, NULL);
    X509_REQ_free(request);
    return pem;
}

static void test_rule_name(void)
{
    const struct plan_key plan = good();
    static const char longer[] = "0123456789012345678901234567890123456789012345678901234567890123x";
    char *bad[] = {
        request_of(request_key, NULL, EVP_sha256()),
        request_of(request_key, "CN=The CA", EVP_sha256()),
        request_of(request_key, "CN=One, CN=Two", EVP_sha256()),
        request_with("CN", V_ASN1_UTF8STRING, " Example", 8),
        request_with("CN", V_ASN1_UTF8STRING, "Example ", 8),
        request_with("CN", V_ASN1_UTF8STRING, "", 0),
        request_with("CN", V_ASN1_UTF8STRING, "a\0b", 3),
        request_with("CN", V_ASN1_UTF8STRING, longer, 65),
        request_with("CN", V_ASN1_BMPSTRING, "\0E\0x", 4),
        request_with("C", V_ASN1_PRINTABLESTRING, "de", 2),
        request_with("C", V_ASN1_PRINTABLESTRING, "DEU", 3),
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        CU_ASSERT(is_refused_by(LINT_NAME, &plan, issuer, bad[i]));
        free(bad[i]);
    }
}

static void test_rule_validity_beyond_issuer(void)
{
    struct plan_key plan = good();
    char *request = request_of(request_key, "CN=Sub", EVP_sha256());
    plan.days = 41;
    CU_ASSERT(is_refused_by(LINT_VALIDITY, &plan, issuer, request));
    free(request);
}

static void test_rule_clock_before_issuer(void)
{
    const struct plan_key plan = good();
    char *request = request_of(request_key, "CN=Sub", EVP_sha256());
    char *later = certify(ca_key, "CN=The CA", of_ca, UNIT_COUNT(of_ca), -3600);
    CU_ASSERT(is_refused_by(LINT_CLOCK, &plan, later, request));
    free(later);
    free(request);
}

static void test_rule_path_length(void)
{
    struct plan_key plan = good();
    const struct plan_extension last[] = { { "basicConstraints", "critical,CA:TRUE,pathlen:0" }, of_ca[1], of_ca[2] };
    char *request = request_of(request_key, "CN=Sub", EVP_sha256());
    char *bottom = certify(ca_key, "CN=The CA", last, UNIT_COUNT(last), 0);
    CU_ASSERT(is_refused_by(LINT_PATH, &plan, bottom, request));
    plan.extensions[0].value = "critical,CA:TRUE,pathlen:1";
    CU_ASSERT(is_refused_by(LINT_PATH, &plan, issuer, request));
    free(bottom);
    free(request);
}

static void test_rule_issuer_usage(void)
{
    const struct plan_key plan = good();
    static const struct plan_extension leaf[] = { { "basicConstraints", "CA:FALSE" },
                                                  { "keyUsage", "critical,digitalSignature" },
                                                  { "subjectKeyIdentifier", "hash" } };
    const struct plan_extension no_sign[] = { of_ca[0], { "keyUsage", "critical,cRLSign" }, of_ca[2] };
    char *request = request_of(request_key, "CN=Sub", EVP_sha256());
    char *bad[] = { certify(ca_key, "CN=The CA", leaf, UNIT_COUNT(leaf), 0),
                    certify(ca_key, "CN=The CA", no_sign, UNIT_COUNT(no_sign), 0) };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        CU_ASSERT(is_refused_by(LINT_ISSUER, &plan, bad[i], request));
        free(bad[i]);
    }
    free(request);
}

static void test_rule_extensions(void)
{
    static const struct plan_extension others[][3] = {
        { { "basicConstraints", "CA:TRUE" }, { "keyUsage", "keyCertSign" }, { "subjectKeyIdentifier", "hash" } },
        { { "basicConstraints", "critical,CA:TRUE" }, { "keyUsage", "cRLSign" }, { "subjectKeyIdentifier", "hash" } },
        { { "basicConstraints", "critical,CA:TRUE" }, { "keyUsage", "keyCertSign" }, { "noCheck", "ignored" } },
        { { "basicConstraints", "CA:FALSE" }, { "keyUsage", "keyCertSign" }, { "subjectKeyIdentifier", "hash" } },
        { { "keyUsage", "keyCertSign" }, { "subjectKeyIdentifier", "hash" }, { "noCheck", "ignored" } },
        { { "keyUsage", "cRLSign" }, { "keyUsage", "digitalSignature" }, { "subjectKeyIdentifier", "hash" } },
    };
    char *request = request_of(request_key, "CN=Sub", EVP_sha256());
    for (size_t i = 0; i < UNIT_COUNT(others); i++) {
        struct plan_key plan = good();
        memcpy(plan.extensions, others[i], sizeof others[i]);
        CU_ASSERT(is_refused_by(LINT_EXTENSIONS, &plan, issuer, request));
    }
    struct plan_key bare = good();
    bare.extension_count = 3; /* no authorityKeyIdentifier */
    CU_ASSERT(is_refused_by(LINT_EXTENSIONS, &bare, issuer, request));
    free(request);
}

static void test_a_self_signed_certificate_needs_no_issuer(void)
{
    struct lint lint = { .overrides = NULL };
    CU_ASSERT(authority_lint_self_signed(issuer, &lint) && lint.count == 0);
    CU_ASSERT(!authority_lint_self_signed("nothing", &lint));
}

static void test_rules_have_names_and_no_others_are_known(void)
{
    CU_ASSERT(lint_is_rule(LINT_PATH) && lint_is_rule("revocation-time") && !lint_is_rule("") && !lint_is_rule("all"));
    CU_ASSERT(strstr(lint_rules(), LINT_KEY_STRENGTH ", ") && strstr(lint_rules(), ", " LINT_REVOCATION_TIME));
}

static void test_more_findings_than_fit_never_pass(void)
{
    const struct plan_override override = { LINT_NAME, "a reason" };
    struct lint lint = { .overrides = &override, .override_count = 1 };
    lint_begin(&lint);
    for (int i = 0; i < LINT_FINDINGS_MAX; i++)
        lint_add(&lint, LINT_NAME, "%d", i);
    CU_ASSERT(lint_passes(&lint));
    lint_add(&lint, LINT_NAME, "one more");
    CU_ASSERT(!lint_passes(&lint) && lint_why(&lint)[0]);
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_certificate_that_keeps_all_rules_passes),
        UNIT_TEST(test_rule_key_strength),
        UNIT_TEST(test_rule_same_key),
        UNIT_TEST(test_rule_request_signature),
        UNIT_TEST(test_rule_name),
        UNIT_TEST(test_rule_validity_beyond_issuer),
        UNIT_TEST(test_rule_clock_before_issuer),
        UNIT_TEST(test_rule_path_length),
        UNIT_TEST(test_rule_issuer_usage),
        UNIT_TEST(test_rule_extensions),
        UNIT_TEST(test_a_self_signed_certificate_needs_no_issuer),
        UNIT_TEST(test_rules_have_names_and_no_others_are_known),
        UNIT_TEST(test_more_findings_than_fit_never_pass),
    };
    ca_key = EVP_EC_gen("P-256");
    request_key = EVP_EC_gen("P-256");
    issuer = certify(ca_key, "CN=The CA", of_ca, UNIT_COUNT(of_ca), 3600);
    int code = issuer ? UNIT_RUN("lint_issue", tests) : 1;
    free(issuer);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(request_key);
    return code;
}
