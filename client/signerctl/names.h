/* SPDX-License-Identifier: Apache-2.0 */
/* The names of schemes, hashes and states on the command line and in output. */
#ifndef CLIENT_SIGNERCTL_NAMES_H
#define CLIENT_SIGNERCTL_NAMES_H

#include <stdbool.h>

#include "client/signer.h"

/* "ecdsa", "sha256", "open", …; "unknown" for a number outside the list. */
const char *names_scheme(enum signer_scheme scheme);
const char *names_hash(enum signer_hash hash);
const char *names_state(enum signer_state state);

/* False for an unknown name. */
bool names_to_scheme(const char *name, enum signer_scheme *scheme);
bool names_to_hash(const char *name, enum signer_hash *hash);

/* Adds the names of a comma-separated list to a policy. False: a name is unknown, or there are too many. */
bool names_add_schemes(const char *list, struct signer_policy *policy);
bool names_add_hashes(const char *list, struct signer_policy *policy);

/* The signer's name of an algorithm that goes by several: "p256", "P-256" and "prime256v1" are ec-p256, "RSA2048" is
 * rsa-2048. Written to `out`; a name that is not known here is returned as it is, for the signer to judge. */
enum { NAMES_ALGORITHM = 33 };
const char *names_algorithm(const char *name, char out[static NAMES_ALGORITHM]);

/* The default scheme of an algorithm: PKCS#1 v1.5 for RSA, otherwise its only one. False for an unknown algorithm. */
bool names_scheme_of(const char *algorithm, enum signer_scheme *scheme);

/* Whether the scheme signs a digest; false: it signs the whole message. */
bool names_wants_digest(enum signer_scheme scheme);

#endif
