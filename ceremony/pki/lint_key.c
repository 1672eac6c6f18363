/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/lint_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 16384, SMALL_FACTOR_MAX = 751 }; /* as linters look for them */

static BIGNUM *part_of(EVP_PKEY *key, const char *name)
{
    BIGNUM *number = NULL;
    (void)EVP_PKEY_get_bn_param(key, name, &number);
    return number;
}

/* A composite factor has a smaller prime one, which is found before it. */
static unsigned small_factor(const BIGNUM *modulus)
{
    for (unsigned i = 2; i <= SMALL_FACTOR_MAX; i++)
        if (BN_mod_word(modulus, i) == 0)
            return i;
    return 0;
}

static void check_rsa(struct lint *lint, EVP_PKEY *key)
{
    BIGNUM *modulus = part_of(key, OSSL_PKEY_PARAM_RSA_N), *exponent = part_of(key, OSSL_PKEY_PARAM_RSA_E);
    int bits = modulus ? BN_num_bits(modulus) : 0;
    unsigned factor = modulus ? small_factor(modulus) : 0;
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
        lint_add(lint, LINT_KEY_STRENGTH, "RSA of %d bits; %d to %d are signed", bits, RSA_BITS_MIN, RSA_BITS_MAX);
    if (!exponent || !BN_is_odd(exponent) || BN_num_bits(exponent) < 2)
        lint_add(lint, LINT_KEY_STRENGTH, "RSA with an exponent that is 1 or even");
    else if (BN_num_bits(exponent) < 17)
        lint_add(lint, LINT_KEY_STRENGTH, "RSA with an exponent below 65537");
    if (factor > 0)
        lint_add(lint, LINT_KEY_STRENGTH, "RSA whose modulus has the factor %u", factor);
    BN_free(modulus);
    BN_free(exponent);
}

static void check_ec(struct lint *lint, EVP_PKEY *key)
{
    static const char *const good[] = { "prime256v1", "secp384r1", "secp521r1" };
    char name[64] = "", encoding[32] = "";
    size_t length;
    (void)EVP_PKEY_get_group_name(key, name, sizeof name, &length);
    (void)EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof encoding, &length);
    if (strcmp(encoding, OSSL_PKEY_EC_ENCODING_EXPLICIT) == 0)
        lint_add(lint, LINT_KEY_STRENGTH, "an EC key whose curve is given by parameters and not by its name");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (strcmp(name, good[i]) == 0)
            return;
    lint_add(lint, LINT_KEY_STRENGTH, "an EC key on the curve \"%s\"; P-256, P-384 and P-521 are signed",
             name[0] ? name : "?");
}

static bool is_known(EVP_PKEY *key)
{
    const char *name = EVP_PKEY_get0_type_name(key);
    return name
        && (strcmp(name, "ED25519") == 0 || strcmp(name, "ED448") == 0 || strncmp(name, "ML-DSA", 6) == 0
            || strncmp(name, "SLH-DSA", 7) == 0);
}

void lint_key(struct lint *lint, EVP_PKEY *key)
{
    if (!key)
        lint_add(lint, LINT_KEY_STRENGTH, "a key of a kind that is not known");
    else if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
        check_rsa(lint, key);
    else if (EVP_PKEY_is_a(key, "EC"))
        check_ec(lint, key);
    else if (!is_known(key))
        lint_add(lint, LINT_KEY_STRENGTH, "a key of the kind %.40s, which is not signed",
                 EVP_PKEY_get0_type_name(key) ? EVP_PKEY_get0_type_name(key) : "?");
}
