/* SPDX-License-Identifier: Apache-2.0 */
/* An EC key in the one form that everybody accepts: its curve by name (RFC 5480, 2.1.1, forbids parameters), its public
 * point uncompressed. Certificates repeat the form of the key that they are for. */
#ifndef CEREMONY_PKI_EC_FORM_H
#define CEREMONY_PKI_EC_FORM_H

#include <openssl/evp.h>
#include <stdbool.h>

/* Replaces an EC key by the same one in that form, and says in *changed whether it had another; NULL: it had not. Other
 * keys stay as they are. False: it is on no curve with a name, or out of memory. */
bool ec_form_normalise(EVP_PKEY **key, const char **changed) __attribute__((warn_unused_result));

#endif
