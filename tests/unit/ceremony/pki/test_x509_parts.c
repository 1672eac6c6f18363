/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/x509_parts.h"

#include "tests/unit/ceremony/pki/fake_authority.h"

static bool is_subject(const char *subject, const char *wanted)
{
    char found[256] = "";
    X509_NAME *name = X509_NAME_new();
    bool filled = x509_parts_fill_name(name, subject);
    X509_NAME_oneline(name, found, sizeof found);
    X509_NAME_free(name);
    return wanted ? filled && strcmp(found, wanted) == 0 : !filled;
}

static void test_a_subject_has_its_parts_in_their_order(void)
{
    CU_ASSERT(is_subject("CN=Example Root", "/CN=Example Root"));
    CU_ASSERT(is_subject("C=DE, O=Example,CN=a=b", "/C=DE/O=Example/CN=a=b"));
    CU_ASSERT(is_subject("CN=x,   O=y", "/CN=x/O=y"));
}

static void test_a_subject_that_is_empty_unknown_or_escaped_is_refused(void)
{
    static const char *const bad[] = { "",          " ",      ",",        "CN",       "CN=",     "=x",
                                       "NO-SUCH=x", "CN=x,O", "CN=x\\,y", "CN=\"x\"", "CN=x+O=y" };
    char large[600] = "CN=";
    memset(large + 3, 'x', 520);
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(is_subject(bad[i], NULL));
    CU_ASSERT(is_subject(large, NULL));
}

static void test_a_serial_is_positive_of_sixteen_bytes_and_another_each_time(void)
{
    X509 *first = X509_new(), *second = X509_new();
    for (int i = 0; i < 100; i++) {
        CU_ASSERT(x509_parts_set_serial(first) && x509_parts_set_serial(second));
        const ASN1_INTEGER *a = X509_get0_serialNumber(first), *b = X509_get0_serialNumber(second);
        CU_ASSERT(ASN1_STRING_length(a) == 16 && ASN1_STRING_type(a) == V_ASN1_INTEGER);
        CU_ASSERT((ASN1_STRING_get0_data(a)[0] & 0xc0) == 0x40 && ASN1_INTEGER_cmp(a, b) != 0);
    }
    X509_free(first);
    X509_free(second);
}

static void test_a_validity_begins_now_and_ends_a_second_before_its_days_are_over(void)
{
    X509 *certificate = X509_new();
    int days = 0, seconds = 0;
    CU_ASSERT(x509_parts_set_validity(certificate, 30));
    CU_ASSERT(X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0);
    CU_ASSERT(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)) == 1);
    CU_ASSERT(days == 29 && seconds == 86399);
    X509_free(certificate);
}

static void test_extensions_are_added_as_they_are_written_and_a_wrong_one_is_refused(void)
{
    static const struct plan_extension good[] = { { "basicConstraints", "critical,CA:TRUE" },
                                                  { "keyUsage", "critical, cRLSign, keyCertSign" } };
    static const struct plan_extension wrong = { "keyUsage", "everything" }, unknown = { "noSuchExtension", "x" };
    X509 *certificate = X509_new();
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    CU_ASSERT(x509_parts_add_extensions(&context, good, 2, certificate, NULL));
    CU_ASSERT(X509_get_ext_count(certificate) == 2 && X509_get_ext_by_NID(certificate, NID_key_usage, -1) == 1);
    CU_ASSERT(!x509_parts_add_extensions(&context, &wrong, 1, certificate, NULL));
    CU_ASSERT(!x509_parts_add_extensions(&context, &unknown, 1, certificate, NULL));
    CU_ASSERT(X509_get_ext_count(certificate) == 2);
    X509_free(certificate);
}

/* One of each kind that extensions.h allows; some are made by OpenSSL only where it has a configuration. */
static void test_every_extension_that_is_allowed_is_made(void)
{
    static const struct plan_extension all[] = {
        { "subjectKeyIdentifier", "hash" },
        { "basicConstraints", "critical,CA:TRUE,pathlen:0" },
        { "keyUsage", "critical, keyCertSign , cRLSign" },
        { "extendedKeyUsage", "serverAuth, clientAuth, 1.3.6.1.5.5.7.3.17" },
        { "authorityKeyIdentifier", "keyid:always" },
        { "subjectAltName", "DNS:a.example, email:ca@example.org, IP:2001:db8::1, URI:http://a.example/, RID:1.2.3" },
        { "issuerAltName", "DNS:a.example" },
        { "nameConstraints", "critical,permitted;DNS:.example.org,excluded;IP:10.0.0.0/255.0.0.0" },
        { "certificatePolicies", "2.23.140.1.2.1, anyPolicy" },
        { "certificatePolicies", "critical,1.2.3.4" },
        { "policyConstraints", "requireExplicitPolicy:3,inhibitPolicyMapping:0" },
        { "inhibitAnyPolicy", "critical,0" },
        { "crlDistributionPoints", "URI:http://crl.example.org/root.crl" },
        { "freshestCRL", "URI:http://crl.example.org/delta.crl" },
        { "authorityInfoAccess", "OCSP;URI:http://ocsp.example.org, caIssuers;URI:http://ca.example.org/ca.cer" },
        { "subjectInfoAccess", "caRepository;URI:rsync://ca.example.org/" },
        { "issuingDistributionPoint", "critical,onlyCA:TRUE,fullname:URI:http://crl.example.org" },
        { "noCheck", "ignored" },
    };
    for (size_t i = 0; i < UNIT_COUNT(all); i++) {
        X509 *certificate = x509_parts_read_certificate(fake_ca_pem);
        X509V3_CTX context;
        X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
        X509_EXTENSION *made = x509_parts_extension(&context, &all[i]);
        if (!made)
            fprintf(stderr, "not made: %s %s\n", all[i].name, all[i].value);
        CU_ASSERT(made != NULL);
        X509_EXTENSION_free(made);
        X509_free(certificate);
    }
}

static const EVP_MD *digest_of(EVP_PKEY *key)
{
    const EVP_MD *digest = key ? x509_parts_digest(key) : EVP_md5();
    EVP_PKEY_free(key);
    return digest;
}

static void test_a_key_has_the_digest_of_its_strength_or_none_where_it_hashes_itself(void)
{
    CU_ASSERT(digest_of(EVP_EC_gen("P-256")) == EVP_sha256() && digest_of(EVP_EC_gen("P-384")) == EVP_sha384());
    CU_ASSERT(digest_of(EVP_EC_gen("P-521")) == EVP_sha512() && digest_of(EVP_RSA_gen(2048)) == EVP_sha256());
    CU_ASSERT(digest_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")) == NULL);
}

static void test_a_certificate_in_pem_is_read_again_and_what_is_none_is_not(void)
{
    X509 *certificate = x509_parts_read_certificate(fake_ca_pem);
    UNIT_NEED(certificate != NULL);
    char *again = x509_parts_pem(certificate, NULL, NULL);
    CU_ASSERT(again && strcmp(again, fake_ca_pem) == 0);
    free(again);
    X509_free(certificate);
    CU_ASSERT(x509_parts_read_certificate("garbage") == NULL && x509_parts_read_certificate("") == NULL);
    CU_ASSERT(x509_parts_read_request(fake_ca_pem) == NULL && x509_parts_read_request("garbage") == NULL);
}

static void test_a_result_is_handed_on_and_a_failure_says_what_failed(void)
{
    const char *why = NULL;
    char pem[] = "PEM";
    CU_ASSERT(x509_parts_finish(pem, &why, "the thing") == pem && why == NULL);
    CU_ASSERT(x509_parts_finish(NULL, &why, "the thing") == NULL && why && strncmp(why, "the thing: ", 11) == 0);
}

static void test_a_key_of_the_signer_is_loaded_and_signs_and_one_that_is_not_there_is_not(void)
{
    static const struct key_id other = { "other" };
    struct ca_key key;
    UNIT_NEED(x509_parts_load_key(&fake_ca_id, &key));
    CU_ASSERT(EVP_PKEY_get_bits(key.private) == 256 && x509_parts_digest(key.private) == EVP_sha256());
    CU_ASSERT(EVP_PKEY_eq(key.public, fake_ca_key) == 1);
    X509 *certificate = X509_new_ex(x509_parts_context(), NULL);
    CU_ASSERT(X509_set_pubkey(certificate, fake_ca_key) == 1 && X509_sign(certificate, key.private, EVP_sha256()) > 0);
    CU_ASSERT(X509_verify(certificate, fake_ca_key) == 1);
    X509_free(certificate);
    x509_parts_free_key(&key);
    CU_ASSERT(!x509_parts_load_key(&other, &key));
    CU_ASSERT(key.private == NULL && key.public == NULL);
}

/* OpenSSL tries a URI as the name of a file first; a key of somebody else lies where it would look. */
static void test_a_planted_file_that_is_named_like_the_key_is_not_taken_for_it(void)
{
    char name[2][80];
    struct ca_key key;
    EVP_PKEY *planted = EVP_EC_gen("P-256");
    UNIT_NEED(unit_make_directory() && chdir(unit_directory) == 0 && mkdir("signer:", 0700) == 0);
    snprintf(name[0], sizeof name[0], "signer:%s", fake_ca_id.text);
    snprintf(name[1], sizeof name[1], "signer:/%s", fake_ca_id.text);
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(name[i], "we");
        CU_ASSERT(file && PEM_write_PrivateKey(file, planted, NULL, NULL, 0, NULL, NULL) == 1);
        fclose(file);
    }
    CU_ASSERT(x509_parts_load_key(&fake_ca_id, &key));
    CU_ASSERT(EVP_PKEY_eq(key.public, fake_ca_key) == 1 && EVP_PKEY_eq(key.private, fake_ca_key) == 1);
    x509_parts_free_key(&key);
    EVP_PKEY_free(planted);
    CU_ASSERT(chdir("/") == 0);
    unit_remove_directory();
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_a_planted_file_that_is_named_like_the_key_is_not_taken_for_it),
        UNIT_TEST(test_a_subject_has_its_parts_in_their_order),
        UNIT_TEST(test_a_subject_that_is_empty_unknown_or_escaped_is_refused),
        UNIT_TEST(test_a_serial_is_positive_of_sixteen_bytes_and_another_each_time),
        UNIT_TEST(test_a_validity_begins_now_and_ends_a_second_before_its_days_are_over),
        UNIT_TEST(test_every_extension_that_is_allowed_is_made),
        UNIT_TEST(test_extensions_are_added_as_they_are_written_and_a_wrong_one_is_refused),
        UNIT_TEST(test_a_key_has_the_digest_of_its_strength_or_none_where_it_hashes_itself),
        UNIT_TEST(test_a_certificate_in_pem_is_read_again_and_what_is_none_is_not),
        UNIT_TEST(test_a_result_is_handed_on_and_a_failure_says_what_failed),
        UNIT_TEST(test_a_key_of_the_signer_is_loaded_and_signs_and_one_that_is_not_there_is_not),
    };
    int code = fake_ca_open() ? UNIT_RUN("x509_parts", tests) : 1;
    fake_ca_close();
    return code;
}
