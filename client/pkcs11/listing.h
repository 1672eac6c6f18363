/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the signer which keys there are. Listing is cheap and opens no key; certificates, and public keys that no vault
 * has opened yet, are asked for key by key, when a program wants them. */
#ifndef CLIENT_PKCS11_LISTING_H
#define CLIENT_PKCS11_LISTING_H

#include <stdbool.h>

#include "client/pkcs11/cryptoki.h"
#include "client/pkcs11/template.h"

enum { LISTING_FRESH_MS = 1000 };

/* Brings the inventory up to date, unless it was less than LISTING_FRESH_MS ago and `now` is false. */
CK_RV listing_refresh(bool now) __attribute__((warn_unused_result));

/* Has a key opened, and takes its certificates in. A key that is gone is removed: CKR_KEY_HANDLE_INVALID. */
CK_RV listing_open(const char *id) __attribute__((warn_unused_result));

/* The same for every key whose certificates a search for this template could want. A key that cannot be opened is
 * reported and passed over. */
CK_RV listing_open_for(const struct template *wanted) __attribute__((warn_unused_result));

#endif
