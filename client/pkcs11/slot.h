/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of PKCS #11 about slots and tokens: one slot, whose token is present while the signer is open. */
#ifndef CLIENT_PKCS11_SLOT_H
#define CLIENT_PKCS11_SLOT_H

#include "client/pkcs11/cryptoki.h"

enum { SLOT_ONLY = 0 }; /* its id */

CK_RV slot_list(CK_BBOOL with_token, CK_SLOT_ID *list, CK_ULONG *count);
CK_RV slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info);
CK_RV slot_token(CK_SLOT_ID slot, CK_TOKEN_INFO *info);
CK_RV slot_mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count);
CK_RV slot_mechanism(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info);
CK_RV slot_wait(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved);

/* CKR_CRYPTOKI_NOT_INITIALIZED, CKR_SLOT_ID_INVALID: not this one. */
CK_RV slot_check(CK_SLOT_ID slot) __attribute__((warn_unused_result));

#endif
