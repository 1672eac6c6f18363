/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of PKCS #11 about sessions and the login. A session needs no signer to be opened, and outlives its
 * restarts. Any PIN logs the user in and is dropped: who may sign is the signer's to say, by the uid of the process. */
#ifndef CLIENT_PKCS11_SESSION_H
#define CLIENT_PKCS11_SESSION_H

#include "client/pkcs11/cryptoki.h"

CK_RV session_open(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *session);
CK_RV session_close(CK_SESSION_HANDLE session);
CK_RV session_close_all(CK_SLOT_ID slot);
CK_RV session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info);
CK_RV session_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length);
CK_RV session_login_user(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length, CK_BYTE *name,
                         CK_ULONG name_length);
CK_RV session_logout(CK_SESSION_HANDLE session);
CK_RV session_cancel(CK_SESSION_HANDLE session, CK_FLAGS flags);

#endif
