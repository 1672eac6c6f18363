/* What most verbs work on: a keystore, its header, the records of its KEKs' shares, and a KEK. */
#ifndef CEREMONY_SESSION_SESSION_H
#define CEREMONY_SESSION_SESSION_H

#include "ceremony/session/transcript.h"
#include "ceremony/share/kek_source.h"

struct session {
    const char *path; /* of the keystore; NULL: none */
    struct directory directory;
    struct header header;
    struct known_sets known;
    struct kek *kek; /* in the arena */
    struct kek_origin origin;
};

/* Opens the keystore (NULL: none is needed) and reads its records. False: refused, which was said. */
bool session_open(struct session *session, const char *keystore) __attribute__((warn_unused_result));

/* Reads the KEK and proves it by the header. Call it while still who we were: a KEK may be root's. */
bool session_read_kek(struct session *session, const char *source, const char *const *shares, size_t share_count)
    __attribute__((warn_unused_result));

/* Becomes the keystore's owner, to write. */
bool session_become_owner(struct session *session) __attribute__((warn_unused_result));

/* Files the record of a set that has none yet, and reads the records anew. */
bool session_file_set(struct session *session, const struct share_set *set) __attribute__((warn_unused_result));

/* Changes the record of a set as it is on disk, under DIR/lock, so that nothing that others filed
 * meanwhile is lost; and reads the records anew. */
typedef void session_change(struct share_set *set, const void *context);
bool session_change_set(struct session *session, const struct share_set *set, session_change *change,
                        const void *context) __attribute__((warn_unused_result));

/* Changes for it. */
session_change session_set_opened;   /* context: uint64_t, when */
session_change session_set_verified; /* context: struct share_set whose dates later than the record's count */

/* Where shares opened the keystore: their set's record says so from now on. The caller is its owner. */
bool session_note_opened(struct session *session) __attribute__((warn_unused_result));

/* Adds what is known of the KEK and how it came. */
void session_describe(const struct session *session, struct transcript *entry);

/* Adds a set, each share's fingerprint, and when it was verified. */
void session_describe_set(const struct share_set *set, struct transcript *entry);

/* Appends the entry and signs its hash with the first key of the keystore, where there is one and the KEK
 * is at hand. */
bool session_append(struct session *session, struct transcript *entry) __attribute__((warn_unused_result));

void session_close(struct session *session);

#endif
