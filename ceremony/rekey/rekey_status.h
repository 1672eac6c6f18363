/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a rekey, the next step, and what may be destroyed. */
#ifndef CEREMONY_REKEY_REKEY_STATUS_H
#define CEREMONY_REKEY_REKEY_STATUS_H

#include "ceremony/session/session.h"

/* Prints it, and returns the exit code. */
int rekey_status_print(const struct session *session, bool json);

/* The KEK that was retired last, if its shares must still be kept: no archive made since was verified or drilled with
 * the current KEK, so a restore may still need it. NULL: nothing must be kept. Points into the session's header. */
const struct header_kek *rekey_status_keep(const struct session *session);

#endif
