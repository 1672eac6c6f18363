/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of PKCS #11 about the module itself, and randomness. */
#ifndef CLIENT_PKCS11_GENERAL_H
#define CLIENT_PKCS11_GENERAL_H

#include "client/pkcs11/cryptoki.h"

CK_RV general_initialize(void *arguments);
CK_RV general_finalize(void *reserved);
CK_RV general_get_info(CK_INFO *info);
CK_RV general_seed_random(CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG length);
CK_RV general_generate_random(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG length);

/* Copies text into a field of a structure, with blanks to its end, as all of them are. */
void general_pad(CK_BYTE *field, CK_ULONG size, const char *text);

#endif
