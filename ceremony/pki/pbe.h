/* SPDX-License-Identifier: Apache-2.0 */
/* Password-based encryption of a key file (RFC 8018): the passphrase, which is asked for once; what opening would cost,
 * before it is tried; and why it failed. */
#ifndef CEREMONY_PKI_PBE_H
#define CEREMONY_PKI_PBE_H

#include <openssl/x509.h>
#include <stdbool.h>

enum { PBE_PHRASE_MAX = 1024, PBE_ITERATIONS_MAX = 10 * 1000 * 1000, PBE_SCRYPT_MEMORY_MAX = 32 * 1024 * 1024 };

/* Asks for a passphrase: writes at most `size` bytes and returns the length; -1: none was given. */
typedef int pbe_ask(char *out, int size, void *context);

struct pbe_phrase {
    pbe_ask *ask; /* NULL: there is nobody to ask */
    void *context;
    char *text; /* in the arena; NULL until it was asked for */
    int length;
};

/* Asks, once. False: none was given. */
bool pbe_phrase_get(struct pbe_phrase *phrase) __attribute__((warn_unused_result));
/* Wipes it. */
void pbe_phrase_forget(struct pbe_phrase *phrase);

/* Both return NULL, or a static text about what is wrong; it is good until the next call. */

/* Whether opening takes more time or memory than is given to it. */
const char *pbe_check_cost(const X509_ALGOR *algorithm);
const char *pbe_check_iterations(const ASN1_INTEGER *count); /* NULL: the default, which is 1 */

/* Why decryption failed, from OpenSSL's errors, which are cleared. `shortages` as arena_shortages was before. */
const char *pbe_failure(size_t shortages);

#endif
