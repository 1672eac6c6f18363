/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/pki/pbe.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "keystore/memory/arena.h"

static char why[256];

bool pbe_phrase_get(struct pbe_phrase *phrase)
{
    if (!phrase->text && phrase->ask && (phrase->text = arena_alloc(PBE_PHRASE_MAX)))
        phrase->length = phrase->ask(phrase->text, PBE_PHRASE_MAX, phrase->context);
    return phrase->text && phrase->length >= 0;
}

void pbe_phrase_forget(struct pbe_phrase *phrase)
{
    arena_free(phrase->text); /* freeing wipes */
    phrase->text = NULL;
}

/* -- cost -- */

const char *pbe_check_iterations(const ASN1_INTEGER *count)
{
    uint64_t n = 1;
    if (!count || (ASN1_INTEGER_get_uint64(&n, count) == 1 && n <= PBE_ITERATIONS_MAX))
        return NULL;
    snprintf(why, sizeof why, "it is encrypted with more than %d iterations: encrypt it anew with fewer",
             PBE_ITERATIONS_MAX);
    return why;
}

/* OpenSSL's own measure of the memory (RFC 7914: 128 r bytes a block), and a bound of the time besides. */
static const char *check_scrypt(const SCRYPT_PARAMS *given)
{
    enum { TIME_MAX = 1 << 22 }; /* N r p; 2^17 with OpenSSL's defaults */
    uint64_t n = 0, r = 0, p = 0;
    bool read = ASN1_INTEGER_get_uint64(&n, given->costParameter) == 1
        && ASN1_INTEGER_get_uint64(&r, given->blockSize) == 1
        && ASN1_INTEGER_get_uint64(&p, given->parallelizationParameter) == 1;
    bool bounded = read && n <= TIME_MAX && r > 0 && r <= TIME_MAX && p > 0 && p <= TIME_MAX && n * r <= TIME_MAX
        && n * r * p <= TIME_MAX && 128 * r * (n + 2 + p) <= PBE_SCRYPT_MEMORY_MAX;
    if (bounded)
        return NULL;
    snprintf(why, sizeof why,
             "it is encrypted by scrypt with N=%" PRIu64 ", r=%" PRIu64 ", p=%" PRIu64
             ", which needs more than the %d MiB, or the time, that it may have: encrypt it anew with N=16384",
             n, r, p, PBE_SCRYPT_MEMORY_MAX >> 20);
    return why;
}

static const char *check_function(const X509_ALGOR *function)
{
    const ASN1_OBJECT *oid;
    const void *value;
    int type;
    const char *wrong = NULL;
    X509_ALGOR_get0(&oid, &type, &value, function);
    if (type != V_ASN1_SEQUENCE)
        return NULL; /* OpenSSL will say what is wrong with it */
    if (OBJ_obj2nid(oid) == NID_id_scrypt) {
        SCRYPT_PARAMS *given = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), function->parameter);
        wrong = given ? check_scrypt(given) : NULL;
        SCRYPT_PARAMS_free(given);
    } else if (OBJ_obj2nid(oid) == NID_id_pbkdf2) {
        PBKDF2PARAM *given = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), function->parameter);
        wrong = given ? pbe_check_iterations(given->iter) : NULL;
        PBKDF2PARAM_free(given);
    }
    return wrong;
}

const char *pbe_check_cost(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid;
    const void *value;
    int type;
    const char *wrong = NULL;
    X509_ALGOR_get0(&oid, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE)
        return NULL;
    if (OBJ_obj2nid(oid) == NID_pbes2) {
        PBE2PARAM *given = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
        wrong = given ? check_function(given->keyfunc) : NULL;
        PBE2PARAM_free(given);
    } else {
        PBEPARAM *given = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
        wrong = given ? pbe_check_iterations(given->iter) : NULL;
        PBEPARAM_free(given);
    }
    ERR_clear_error();
    return wrong;
}

/* -- failure -- */

static bool is_of_method(int library, int reason)
{
    static const int evp[] = {
        EVP_R_UNSUPPORTED_CIPHER,    EVP_R_UNKNOWN_CIPHER,  EVP_R_UNSUPPORTED_ALGORITHM,
        EVP_R_UNKNOWN_PBE_ALGORITHM, EVP_R_UNSUPPORTED_PRF, EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION,
    };
    if (reason == ERR_R_UNSUPPORTED)
        return true;
    if (library == ERR_LIB_PEM)
        return reason == PEM_R_UNSUPPORTED_ENCRYPTION || reason == PEM_R_UNSUPPORTED_CIPHER;
    for (size_t i = 0; library == ERR_LIB_EVP && i < sizeof evp / sizeof *evp; i++)
        if (reason == evp[i])
            return true;
    return false;
}

const char *pbe_failure(size_t shortages)
{
    bool method = false, memory = arena_shortages() != shortages;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        method = method || is_of_method(ERR_GET_LIB(code), ERR_GET_REASON(code));
        memory = memory || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    }
    if (memory)
        return "there is too little memory to decrypt it: raise RLIMIT_MEMLOCK (ulimit -l)";
    return method ? "it is encrypted by an old method that OpenSSL no longer has by default: encrypt it anew, with "
                    "AES (openssl pkcs8 -topk8, or openssl pkcs12 -legacy)"
                  : "the passphrase is wrong";
}
