/* The steps by which a keystore comes under another KEK while signers go on serving. No CA key changes,
 * no payload is opened but to verify, and at every instant each key opens with one of the two KEKs.
 *
 *   begun      the header names both KEKs
 *   wrapped    each sealed key has a wrap for both
 *   verified   each was opened by the new KEK, which was brought again
 *   finishing  the header names the new KEK alone; wraps of the old one are being taken off
 *   none       done
 *
 * Each step writes one file at a time, by rename: killed anywhere, it goes on, or back, from what is there. */
#ifndef CEREMONY_REKEY_REKEY_H
#define CEREMONY_REKEY_REKEY_H

#include "ceremony/session/session.h"

/* Which wraps the sealed keys have. */
struct rekey_census {
    size_t keys, only_old, both, only_new, neither;
};

enum fault rekey_count(const struct session *session, const struct kek_id *old_id, const struct kek_id *new_id,
                       struct rekey_census *out) __attribute__((warn_unused_result));

/* Each of these says what is wrong and returns false. The caller is the keystore's owner. */

/* none or begun → wrapped. */
bool rekey_wrap(struct session *session, const struct kek *old_kek, const struct kek *new_kek)
    __attribute__((warn_unused_result));
/* wrapped → verified; `again` is the new KEK from its source once more. */
bool rekey_verify(struct session *session, const struct kek *old_kek, const struct kek *again)
    __attribute__((warn_unused_result));
/* verified or finishing → none. `old_kek` may be NULL unless a key has a wrap for it alone. */
bool rekey_finish(struct session *session, const struct kek *new_kek, const struct kek *old_kek)
    __attribute__((warn_unused_result));
/* begun, wrapped or verified → none. `new_kek` may be NULL unless a key has a wrap for it alone. */
bool rekey_abort(struct session *session, const struct kek *old_kek, const struct kek *new_kek)
    __attribute__((warn_unused_result));

#endif
