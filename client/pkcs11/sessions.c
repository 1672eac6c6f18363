/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "client/pkcs11/signing.h"

static size_t place_of(const struct sessions *sessions, CK_SESSION_HANDLE handle)
{
    size_t low = 0, high = sessions->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sessions->open[middle]->handle < handle)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct session *sessions_find(const struct sessions *sessions, CK_SESSION_HANDLE handle)
{
    size_t place = place_of(sessions, handle);
    bool found = place < sessions->count && sessions->open[place]->handle == handle;
    return found ? sessions->open[place] : NULL;
}

static bool grow(struct sessions *sessions)
{
    if (sessions->count < sessions->capacity)
        return true;
    size_t more = sessions->capacity ? 2 * sessions->capacity : 64;
    struct session **larger = reallocarray(sessions->open, more, sizeof(struct session *));
    if (!larger)
        return false;
    sessions->open = larger;
    sessions->capacity = more;
    return true;
}

CK_RV sessions_open(struct sessions *sessions, bool writes, CK_SESSION_HANDLE *handle)
{
    if (sessions->count == SESSIONS_MAX)
        return CKR_SESSION_COUNT;
    struct session *session = calloc(1, sizeof *session);
    if (!session || !grow(sessions)) {
        free(session);
        return CKR_HOST_MEMORY;
    }
    *session = (struct session){ .handle = ++sessions->last, .writes = writes };
    sessions->open[sessions->count++] = session;
    *handle = session->handle;
    return CKR_OK;
}

void sessions_end_search(struct session *session)
{
    free(session->found);
    session->found = NULL;
    session->found_count = session->found_at = 0;
    session->searches = false;
}

static void free_session(struct session *session)
{
    sessions_end_search(session);
    signing_free(session->signing);
    free(session);
}

bool sessions_close(struct sessions *sessions, CK_SESSION_HANDLE handle)
{
    struct session *session = sessions_find(sessions, handle);
    if (!session)
        return false;
    size_t place = place_of(sessions, handle);
    sessions->count--;
    memmove(sessions->open + place, sessions->open + place + 1, (sessions->count - place) * sizeof *sessions->open);
    free_session(session);
    return true;
}

void sessions_close_all(struct sessions *sessions)
{
    for (size_t i = 0; i < sessions->count; i++)
        free_session(sessions->open[i]);
    free(sessions->open);
    *sessions = (struct sessions){ .last = sessions->last };
}
