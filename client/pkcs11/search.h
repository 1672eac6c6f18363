/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of PKCS #11 that find objects. What is found is decided when the search begins. */
#ifndef CLIENT_PKCS11_SEARCH_H
#define CLIENT_PKCS11_SEARCH_H

#include "client/pkcs11/cryptoki.h"

CK_RV search_begin(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count);
CK_RV search_next(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG most, CK_ULONG *count);
CK_RV search_end(CK_SESSION_HANDLE session);

#endif
