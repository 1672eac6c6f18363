/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's PKCS12_parse takes the first key and says nothing of a second one, so the bags are walked here. */
#include "ceremony/pki/pkcs12_input.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "keystore/memory/arena.h"

enum { DEPTH_MAX = 4 };

struct walk {
    const char *text; /* the passphrase that opens it; NULL and "" are two empty ones */
    int length;
    EVP_PKEY **key;
    STACK_OF(X509) * *chain;
    unsigned keys;
};

static const char damaged[] = "its PKCS#12 is damaged, or of a kind that is not read (only a passphrase opens one)";

/* -- passphrase -- */

static const char *check_mac_cost(const PKCS12 *file)
{
    const ASN1_INTEGER *iterations = NULL;
    PKCS12_get0_mac(NULL, NULL, NULL, &iterations, file);
    return pbe_check_iterations(iterations);
}

/* Without a MAC nothing tells a wrong passphrase before a bag is decrypted. */
static bool opens(PKCS12 *file, const char *text, int length)
{
    return !PKCS12_mac_present(file) || PKCS12_verify_mac(file, text, length) == 1;
}

static const char *find_phrase(PKCS12 *file, struct pbe_phrase *phrase, struct walk *walk)
{
    const char *wrong = check_mac_cost(file);
    if (wrong)
        return wrong;
    bool has_mac = PKCS12_mac_present(file) == 1;
    if (has_mac && (opens(file, NULL, 0) || opens(file, "", 0))) {
        walk->text = opens(file, NULL, 0) ? NULL : "";
        return NULL;
    }
    ERR_clear_error();
    if (!pbe_phrase_get(phrase))
        return "it is PKCS#12, and no passphrase was given: one line of at most 1024 bytes";
    walk->text = phrase->text;
    walk->length = phrase->length;
    size_t shortages = arena_shortages();
    return opens(file, walk->text, walk->length) ? NULL : pbe_failure(shortages);
}

/* -- bags -- */

static const char *take_key(struct walk *walk, const PKCS8_PRIV_KEY_INFO *info)
{
    if (++walk->keys > 1)
        return "there are two private keys or more in its PKCS#12: one file has one key";
    *walk->key = info ? EVP_PKCS82PKEY(info) : NULL;
    return *walk->key ? NULL : "its PKCS#12 has a private key of an algorithm that OpenSSL cannot read here";
}

static const char *take_encrypted_key(struct walk *walk, const PKCS12_SAFEBAG *bag)
{
    const X509_ALGOR *algorithm;
    X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
    const char *wrong = pbe_check_cost(algorithm);
    if (wrong)
        return wrong;
    size_t shortages = arena_shortages();
    PKCS8_PRIV_KEY_INFO *info = PKCS12_decrypt_skey(bag, walk->text, walk->length);
    wrong = info ? take_key(walk, info) : pbe_failure(shortages);
    PKCS8_PRIV_KEY_INFO_free(info);
    return wrong;
}

static const char *take_certificate(struct walk *walk, const PKCS12_SAFEBAG *bag)
{
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
        return NULL;
    X509 *certificate = PKCS12_SAFEBAG_get1_cert(bag);
    if (certificate && sk_X509_push(*walk->chain, certificate) > 0)
        return NULL;
    X509_free(certificate);
    return damaged;
}

static const char *walk_bags(struct walk *walk, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth)
{
    const char *wrong = bags && depth < DEPTH_MAX ? NULL : damaged;
    for (int i = 0; !wrong && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_keyBag: wrong = take_key(walk, PKCS12_SAFEBAG_get0_p8inf(bag)); break;
        case NID_pkcs8ShroudedKeyBag: wrong = take_encrypted_key(walk, bag); break;
        case NID_certBag: wrong = take_certificate(walk, bag); break;
        case NID_safeContentsBag: wrong = walk_bags(walk, PKCS12_SAFEBAG_get0_safes(bag), depth + 1); break;
        default: break; /* CRLs and secrets of others */
        }
    }
    return wrong;
}

static const char *walk_safe(struct walk *walk, PKCS7 *safe)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    const char *wrong = NULL;
    size_t shortages = arena_shortages();
    if (PKCS7_type_is_data(safe))
        bags = PKCS12_unpack_p7data(safe);
    else if (PKCS7_type_is_encrypted(safe)) {
        wrong = pbe_check_cost(safe->d.encrypted->enc_data->algorithm);
        if (!wrong && !(bags = PKCS12_unpack_p7encdata(safe, walk->text, walk->length)))
            wrong = pbe_failure(shortages);
    }
    if (!wrong)
        wrong = walk_bags(walk, bags, 0);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return wrong;
}

static const char *walk_safes(struct walk *walk, const PKCS12 *file)
{
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(file);
    const char *wrong = safes ? NULL : damaged;
    for (int i = 0; !wrong && i < sk_PKCS7_num(safes); i++)
        wrong = walk_safe(walk, sk_PKCS7_value(safes, i));
    sk_PKCS7_pop_free(safes, PKCS7_free);
    if (!wrong && walk->keys == 0)
        wrong = "there is no private key in its PKCS#12";
    return wrong;
}

const char *pkcs12_input_read(const uint8_t *bytes, size_t length, struct pbe_phrase *phrase, EVP_PKEY **key,
                              STACK_OF(X509) * *chain)
{
    const uint8_t *at = bytes;
    struct walk walk = { .key = key, .chain = chain };
    PKCS12 *file = d2i_PKCS12(NULL, &at, (long)length);
    *chain = sk_X509_new_null();
    const char *wrong = file && *chain && at == bytes + length ? NULL : damaged;
    if (!wrong)
        wrong = find_phrase(file, phrase, &walk);
    if (!wrong)
        wrong = walk_safes(&walk, file);
    PKCS12_free(file);
    return wrong;
}
