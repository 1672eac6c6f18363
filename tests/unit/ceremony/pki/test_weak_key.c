/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/weak_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "tests/unit/unit.h"

/* The keys of weak_keys.txt, which check_weak_keys.py breaks without this code. */

static EVP_PKEY *build(BIGNUM *e, BIGNUM *p, BIGNUM *q)
{
    EVP_PKEY *key = NULL;
    BN_CTX *scratch = BN_CTX_new();
    BIGNUM *n = BN_new();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BN_mul(n, p, q, scratch);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, p); /* no rule looks at it */
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_fromdata_init(context);
    (void)!EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_CTX_free(scratch);
    BN_free(n);
    return key;
}

/* The rule by which the key of this line must be found; WEAK_KEY_COUNT: by none. */
static enum weakness rule_of(const char *name)
{
    enum weakness rule = 0;
    while (rule < WEAK_KEY_COUNT && strcmp(weak_key_name(rule), name) != 0)
        rule++;
    CU_ASSERT(rule < WEAK_KEY_COUNT || strcmp(name, "none") == 0);
    return rule;
}

static unsigned check_line(const char *name, const char *e_text, const char *p_text, const char *q_text)
{
    BIGNUM *e = NULL, *p = NULL, *q = NULL;
    enum weakness rule = rule_of(name);
    unsigned wanted = rule < WEAK_KEY_COUNT ? 1u << rule : 0;
    CU_ASSERT(BN_hex2bn(&e, e_text) > 0 && BN_hex2bn(&p, p_text) > 0 && BN_hex2bn(&q, q_text) > 0);
    EVP_PKEY *one = build(e, p, q), *other = build(e, q, p);
    CU_ASSERT(one && weak_key_find(one) == wanted);
    CU_ASSERT(other && weak_key_find(other) == wanted);
    EVP_PKEY_free(one);
    EVP_PKEY_free(other);
    BN_free(e);
    BN_free(p);
    BN_free(q);
    return wanted;
}

static void test_each_rule_finds_its_key_and_no_other(void)
{
    char line[2048], name[64], e[64], p[600], q[600];
    unsigned found = 0, lines = 0;
    FILE *from = fopen(VECTORS_DIR "/weak_keys.txt", "r");
    UNIT_NEED(from != NULL);
    while (fgets(line, sizeof line, from))
        if (line[0] != '#' && sscanf(line, "%63s %63s %599s %599s", name, e, p, q) == 4) {
            found |= check_line(name, e, p, q);
            lines++;
        }
    fclose(from);
    CU_ASSERT(lines == 8 && found == (1u << WEAK_KEY_COUNT) - 1);
}

static void test_a_key_that_was_just_made_breaks_no_rule(void)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *ec = EVP_EC_gen("P-256");
    CU_ASSERT(rsa && weak_key_find(rsa) == 0);
    CU_ASSERT(ec && weak_key_find(ec) == 0);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

static void test_only_a_rule_that_leaves_a_usable_key_may_be_allowed(void)
{
    unsigned allowed = 0;
    CU_ASSERT(!weak_key_allow("exponent-one", &allowed) && !weak_key_allow("exponent-even", &allowed));
    CU_ASSERT(!weak_key_allow("", &allowed) && !weak_key_allow("ROCA", &allowed) && allowed == 0);
    CU_ASSERT(weak_key_allow("roca", &allowed) && allowed == 1u << WEAK_KEY_ROCA);
    CU_ASSERT(weak_key_allow("small-factor", &allowed) && weak_key_allow("close-primes", &allowed));
    CU_ASSERT(allowed == (1u << WEAK_KEY_ROCA | 1u << WEAK_KEY_SMALL_FACTOR | 1u << WEAK_KEY_CLOSE_PRIMES));
}

int main(void)
{
    static const struct unit_test tests[] = {
        UNIT_TEST(test_each_rule_finds_its_key_and_no_other),
        UNIT_TEST(test_a_key_that_was_just_made_breaks_no_rule),
        UNIT_TEST(test_only_a_rule_that_leaves_a_usable_key_may_be_allowed),
    };
    return UNIT_RUN("weak_key", tests);
}
