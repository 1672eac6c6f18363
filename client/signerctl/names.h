/* The names that people type for schemes, hashes and states. */
#ifndef CLIENT_SIGNERCTL_NAMES_H
#define CLIENT_SIGNERCTL_NAMES_H

#include <stdbool.h>

#include "client/signer.h"

/* "ecdsa", "sha256", "open", …; "unknown" for a number outside the list. */
const char *names_scheme(enum signer_scheme scheme);
const char *names_hash(enum signer_hash hash);
const char *names_state(enum signer_state state);

/* False for a name that is none. */
bool names_to_scheme(const char *name, enum signer_scheme *scheme);
bool names_to_hash(const char *name, enum signer_hash *hash);

/* Adds the names of a comma-separated list to a policy; false if one is unknown or the list is
 * too long. */
bool names_add_schemes(const char *list, struct signer_policy *policy);
bool names_add_hashes(const char *list, struct signer_policy *policy);

/* The scheme of an algorithm, PKCS#1 v1.5 for RSA; false for an algorithm of unknown kind. */
bool names_scheme_of(const char *algorithm, enum signer_scheme *scheme);

/* Whether the scheme signs a digest (else the whole message). */
bool names_wants_digest(enum signer_scheme scheme);

#endif
