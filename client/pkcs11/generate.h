/* SPDX-License-Identifier: Apache-2.0 */
/* C_GenerateKeyPair: off unless the settings allow it, and then only for a key that is meant to stay and has a name. */
#ifndef CLIENT_PKCS11_GENERATE_H
#define CLIENT_PKCS11_GENERATE_H

#include "client/pkcs11/cryptoki.h"
#include "client/pkcs11/template.h"

enum { GENERATE_NAME_MAX = 65 };

/* What a caller asks for: the id and the algorithm of a key. CKA_LABEL is the id; CKA_TOKEN must be true, and nothing
 * may be asked that the signer does not do.
 * CKR_ATTRIBUTE_VALUE_INVALID: another CKA_ID, a key that can be taken out, a limit that nobody would keep, or a value
 * of the wrong form. CKR_TEMPLATE_INCONSISTENT: an attribute with two values, or another class, type or label.
 * CKR_CURVE_NOT_SUPPORTED; CKR_DOMAIN_PARAMS_INVALID: CKA_EC_PARAMS is no DER. */
CK_RV generate_parse(const CK_MECHANISM *mechanism, const struct template *public, const struct template *private,
                     char id[static GENERATE_NAME_MAX], char algorithm[static GENERATE_NAME_MAX])
    __attribute__((warn_unused_result));

CK_RV generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public, CK_ULONG public_count,
                        CK_ATTRIBUTE *private, CK_ULONG private_count, CK_OBJECT_HANDLE *public_handle,
                        CK_OBJECT_HANDLE *private_handle);

#endif
