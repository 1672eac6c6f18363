/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/extensions.h"

#include "tests/unit/unit.h"

struct pair {
    const char *name, *value;
};

static void test_what_a_ca_needs_is_allowed(void)
{
    static const struct pair good[] = {
        { "basicConstraints", "critical,CA:TRUE,pathlen:0" },
        { "basicConstraints", "CA:FALSE" },
        { "keyUsage", "critical, keyCertSign , cRLSign" },
        { "extendedKeyUsage", "serverAuth, clientAuth, 1.3.6.1.5.5.7.3.17" },
        { "subjectKeyIdentifier", "hash" },
        { "authorityKeyIdentifier", "keyid:always,issuer" },
        { "subjectAltName", "DNS:a.example, email:ca@example.org, IP:2001:db8::1, URI:http://a.example/@b, RID:1.2.3" },
        { "nameConstraints", "critical,permitted;DNS:.example.org,excluded;IP:10.0.0.0/255.0.0.0" },
        { "certificatePolicies", "2.23.140.1.2.1, anyPolicy" },
        { "policyConstraints", "requireExplicitPolicy:3" },
        { "inhibitAnyPolicy", "critical,0" },
        { "crlDistributionPoints", "URI:http://crl.example.org/root.crl" },
        { "freshestCRL", "URI:http://crl.example.org/delta.crl" },
        { "authorityInfoAccess", "OCSP;URI:http://ocsp.example.org, caIssuers;URI:http://ca.example.org/ca.cer" },
        { "subjectInfoAccess", "caRepository;URI:rsync://ca.example.org/" },
        { "issuingDistributionPoint", "critical,onlyCA:TRUE,fullname:URI:http://crl.example.org" },
        { "noCheck", "ignored" },
    };
    for (size_t i = 0; i < UNIT_COUNT(good); i++)
        CU_ASSERT(extensions_check(good[i].name, good[i].value) == NULL);
}

static void test_a_value_that_names_files_sections_or_bytes_is_refused_by_name(void)
{
    static const struct pair bad[] = {
        { "basicConstraints", "@section" },
        { "basicConstraints", "critical,@section" },
        { "basicConstraints", "DER:30:03:01:01:FF" },
        { "basicConstraints", "critical,DER:30:00" },
        { "basicConstraints", "critical, ASN1:BOOLEAN:TRUE" },
        { "keyUsage", "ASN1:FORMAT:HEX,BITSTRING:06" },
        { "keyUsage", "DER:03020106" },
        { "subjectAltName", "@names" },
        { "subjectAltName", "dirName:section" },
        { "subjectAltName", "otherName:1.2.3.4;UTF8:x" },
        { "subjectAltName", "otherName:1.2.3.4;SEQUENCE:section" },
        { "subjectAltName", "DNS:a.example, dirName:section" },
        { "nameConstraints", "permitted;dirName:section" },
        { "nameConstraints", "@names" },
        { "certificatePolicies", "1.2.3.4,@policy" },
        { "certificatePolicies", "ia5org,1.2.3.4,@policy" },
        { "crlDistributionPoints", "section" },
        { "crlDistributionPoints", "URI:http://a.example,section" },
        { "crlDistributionPoints", "fullname:@names" },
        { "issuingDistributionPoint", "fullname:@names" },
        { "issuingDistributionPoint", "@section" },
        { "authorityInfoAccess", "OCSP;dirName:section" },
        { "authorityInfoAccess", "@section" },
        { "extendedKeyUsage", "@section" },
        { "policyConstraints", "@section" },
        { "subjectKeyIdentifier", "0102" },
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        const char *why = extensions_check(bad[i].name, bad[i].value);
        CU_ASSERT(why && strstr(why, bad[i].name) && strstr(why, bad[i].value) && strstr(why, "is not allowed"));
    }
}

static void test_an_extension_outside_the_list_is_refused_by_name(void)
{
    static const struct pair bad[] = {
        { "proxyCertInfo", "language:id-ppl-anyLanguage,policy:file:/etc/shadow" },
        { "proxyCertInfo", "critical,language:1.2.3,policy:hex:00" },
        { "nsComment", "x" },
        { "sbgp-ipAddrBlock", "IPv4:10.0.0.0/8" },
        { "1.2.3.4", "DER:0500" },
        { "2.5.29.19", "CA:TRUE" },
        { "basicconstraints", "CA:TRUE" },
        { "crlNumber", "1" },
        { "", "x" },
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        const char *why = extensions_check(bad[i].name, bad[i].value);
        CU_ASSERT(why && strstr(why, bad[i].name) && strstr(why, "may not ask for this one"));
    }
}

static void test_a_value_without_its_form_is_refused(void)
{
    static const struct pair bad[] = {
        { "basicConstraints", "" },
        { "basicConstraints", "critical" },
        { "basicConstraints", "CA:MAYBE" },
        { "basicConstraints", "CA:TRUE," },
        { "basicConstraints", "pathlen:-1" },
        { "basicConstraints", "pathlen:" },
        { "keyUsage", "everything" },
        { "keyUsage", "cRLSign,critical" },
        { "keyUsage", "cRLSign\nkeyCertSign" },
        { "keyUsage", ",cRLSign" },
        { "subjectAltName", "DNS:" },
        { "subjectAltName", "RID:x" },
        { "inhibitAnyPolicy", "x" },
        { "certificatePolicies", "policy" },
        { "subjectAltName", "DNS:\xc3\xa4" },
    };
    for (size_t i = 0; i < UNIT_COUNT(bad); i++)
        CU_ASSERT(extensions_check(bad[i].name, bad[i].value) != NULL);
}

static void test_a_long_name_or_value_is_cut_off_in_the_sentence(void)
{
    static char text[60000];
    memset(text, 'x', sizeof text - 1);
    const char *why = extensions_check(text, "CA:TRUE");
    CU_ASSERT(why && strlen(why) < 512);
    why = extensions_check("basicConstraints", text);
    CU_ASSERT(why && strlen(why) < 512 && strstr(why, "CA:TRUE"));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_what_a_ca_needs_is_allowed),
        UNIT_TEST(test_a_value_that_names_files_sections_or_bytes_is_refused_by_name),
        UNIT_TEST(test_an_extension_outside_the_list_is_refused_by_name),
        UNIT_TEST(test_a_value_without_its_form_is_refused),
        UNIT_TEST(test_a_long_name_or_value_is_cut_off_in_the_sentence),
    };
    return UNIT_RUN("extensions", tests);
}
