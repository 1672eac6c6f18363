/* SPDX-License-Identifier: Apache-2.0 */
/* What most verbs work on: a keystore, its header, its share set records, and a KEK. Functions that return bool print
 * the reason of a failure. */
#ifndef CEREMONY_SESSION_SESSION_H
#define CEREMONY_SESSION_SESSION_H

#include "ceremony/session/transcript.h"
#include "ceremony/share/kek_source.h"

struct session {
    const char *path; /* of the keystore; NULL: none */
    struct directory directory;
    struct header header;
    struct known_sets known;
    struct kek *kek; /* in the arena; owned */
    struct kek_origin origin;
};

/* Opens the keystore (NULL: the verb runs without one) and reads its records. `keystore` must outlive the session. */
bool session_open(struct session *session, const char *keystore) __attribute__((warn_unused_result));

/* Whether this user may write to the keystore, and it can be written: for a verb that is going to, before it asks
 * people. False: the reason was printed. */
bool session_can_write(const struct session *session) __attribute__((warn_unused_result));

/* Reads the KEK (kek_source.h) and checks it against the header. Call it before session_become_owner: a KEK file may be
 * readable only by root. */
bool session_read_kek(struct session *session, const char *source, const char *const *shares, size_t share_count)
    __attribute__((warn_unused_result));

/* Root becomes the keystore's owner, for good, before anything is written (tool_become). */
bool session_become_owner(struct session *session) __attribute__((warn_unused_result));

/* Files the record of a new set, and reads all records again. */
bool session_file_set(struct session *session, const struct share_set *set) __attribute__((warn_unused_result));

/* Reads the record of a set from disk, applies `change`, and replaces it, all under DIR/lock, so that no change by
 * another process is lost. Then reads all records again. */
typedef void session_change(struct share_set *set, const void *context);
bool session_change_set(struct session *session, const struct share_set *set, session_change *change,
                        const void *context) __attribute__((warn_unused_result));

session_change session_set_opened;   /* context: uint64_t, the time of the opening */
session_change session_set_verified; /* context: struct share_set, whose later verification dates are merged in */

/* If the KEK was joined from shares, records in their set's record that they opened the keystore now. */
bool session_note_opened(struct session *session) __attribute__((warn_unused_result));

/* Adds the KEK's id, and the shares that it was joined from, to a transcript entry. */
void session_describe(const struct session *session, struct transcript *entry);

/* Adds a set, and each share's fingerprint and verification date. */
void session_describe_set(const struct share_set *set, struct transcript *entry);

/* Appends the entry to the transcript, with a MAC if the session has a KEK that the header uses. Frees the entry.
 * Without a keystore it is discarded. */
bool session_append(struct session *session, struct transcript *entry) __attribute__((warn_unused_result));

void session_close(struct session *session);

#endif
