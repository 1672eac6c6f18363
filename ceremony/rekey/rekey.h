/* SPDX-License-Identifier: Apache-2.0 */
/* Rekey: the steps that put a keystore under another KEK while signers go on serving. Only the wraps of the keys' data
 * keys change (key wrapping): no CA key changes, private keys are decrypted only to verify, and at every instant each
 * key can be opened with a KEK of the header.
 *
 *   begun      the header has both KEKs
 *   wrapped    each sealed key has a wrap for both
 *   verified   each was opened with the new KEK, read a second time from its source
 *   finishing  the header has only the new KEK; wraps for the old one are being removed
 *   none       done
 *
 * Each step replaces one file at a time by atomic rename: if it is stopped at any point, it can be resumed, or aborted
 * up to `verified`. */
#ifndef CEREMONY_REKEY_REKEY_H
#define CEREMONY_REKEY_REKEY_H

#include "ceremony/session/session.h"

/* How many sealed keys have which wraps. */
struct rekey_census {
    size_t keys, only_old, both, only_new, neither;
};

/* Counts; `old_id` and `new_id` may be NULL. A key that cannot be read is not counted. Returns the fault of listing
 * the keys. */
enum fault rekey_count(const struct session *session, const struct kek_id *old_id, const struct kek_id *new_id,
                       struct rekey_census *out) __attribute__((warn_unused_result));

/* Each step prints what is wrong and returns false on failure. The caller is the keystore's owner. */

/* none or begun → wrapped. */
bool rekey_wrap(struct session *session, const struct kek *old_kek, const struct kek *new_kek)
    __attribute__((warn_unused_result));
/* wrapped → verified. `again` is the new KEK, read a second time from its source. */
bool rekey_verify(struct session *session, const struct kek *old_kek, const struct kek *again)
    __attribute__((warn_unused_result));
/* verified or finishing → none. `old_kek` may be NULL unless some key has a wrap only for it. */
bool rekey_finish(struct session *session, const struct kek *new_kek, const struct kek *old_kek)
    __attribute__((warn_unused_result));
/* begun, wrapped or verified → none. `new_kek` may be NULL unless some key has a wrap only for it. */
bool rekey_abort(struct session *session, const struct kek *old_kek, const struct kek *new_kek)
    __attribute__((warn_unused_result));

#endif
