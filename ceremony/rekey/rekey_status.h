/* Where a change of the KEK stands, what comes next, and what may be destroyed. */
#ifndef CEREMONY_REKEY_REKEY_STATUS_H
#define CEREMONY_REKEY_REKEY_STATUS_H

#include "ceremony/session/session.h"

/* Prints it; gives the exit code. */
int rekey_status_print(const struct session *session, bool json);

/* The newest KEK that was retired, if what was sealed under it must still be kept: no archive made since
 * was verified or drilled with the current KEK. NULL: nothing is to be kept. */
const struct header_kek *rekey_status_keep(const struct session *session);

#endif
