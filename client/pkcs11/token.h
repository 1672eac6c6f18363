/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the module: from C_Initialize to C_Finalize there is one token, under one lock. Nobody waits for the
 * signer with the lock held, so that no thread waits for another one's request, and a fork for none: the child has the
 * state whole, and works on without C_Initialize. */
#ifndef CLIENT_PKCS11_TOKEN_H
#define CLIENT_PKCS11_TOKEN_H

#include "client/pkcs11/config.h"
#include "client/pkcs11/inventory.h"
#include "client/pkcs11/sessions.h"

struct token_client; /* libsigner's client, and how many threads are using it */

struct token {
    struct config config;
    struct inventory inventory;
    uint64_t listed_ms; /* when the last listing was complete; 0: never */
    struct sessions sessions;
    bool logged_in;
    struct token_client *client;
};

/* Reads the settings and makes the client; nothing is sent. In the child of a fork, what the parent had open is closed.
 * CKR_CRYPTOKI_ALREADY_INITIALIZED; CKR_FUNCTION_FAILED: a setting is refused, and the reason was reported. */
CK_RV token_open(void);

/* Forgets everything; a request that another thread waits for is completed. CKR_CRYPTOKI_NOT_INITIALIZED. */
CK_RV token_close(void);

/* Locks. NULL: the module is not initialized, and nothing is locked. */
struct token *token_lock(void);
void token_unlock(void);

/* Locks, and finds a session. CKR_CRYPTOKI_NOT_INITIALIZED, CKR_SESSION_HANDLE_INVALID: nothing is locked. */
CK_RV token_enter(CK_SESSION_HANDLE handle, struct token **token, struct session **session)
    __attribute__((warn_unused_result));

/* Whether there is such a session. */
CK_RV token_check(CK_SESSION_HANDLE handle) __attribute__((warn_unused_result));

/* The client, for use without the lock. NULL: the module is not initialized. Give every one back. */
struct token_client *token_borrow(signer_client **client);
void token_return(struct token_client *borrowed);

#endif
