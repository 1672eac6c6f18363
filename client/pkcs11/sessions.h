/* SPDX-License-Identifier: Apache-2.0 */
/* The table of sessions. A handle is never used twice. Not thread-safe. */
#ifndef CLIENT_PKCS11_SESSIONS_H
#define CLIENT_PKCS11_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "client/pkcs11/cryptoki.h"

enum { SESSIONS_MAX = 16384 };

struct signing; /* what is being signed: signing.h */

struct session {
    CK_SESSION_HANDLE handle;
    bool writes;                  /* opened for changes */
    bool searches;                /* a search is active; what it found: */
    CK_OBJECT_HANDLE *found;      /* owned */
    size_t found_count, found_at; /* found_at of them were handed out */
    struct signing *signing;      /* owned; NULL: none, or a thread is at it */
};

struct sessions { /* begins as zeros */
    struct session **open;
    size_t count, capacity; /* in the order of their handles */
    CK_SESSION_HANDLE last;
};

/* CKR_SESSION_COUNT: there are SESSIONS_MAX. CKR_HOST_MEMORY. */
CK_RV sessions_open(struct sessions *sessions, bool writes, CK_SESSION_HANDLE *handle)
    __attribute__((warn_unused_result));

/* NULL: there is none. */
struct session *sessions_find(const struct sessions *sessions, CK_SESSION_HANDLE handle);

/* False: there is none. */
bool sessions_close(struct sessions *sessions, CK_SESSION_HANDLE handle);
void sessions_close_all(struct sessions *sessions);

/* Ends the search of a session. */
void sessions_end_search(struct session *session);

#endif
