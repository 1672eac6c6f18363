/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for the administrator, in the system's log: programs show a number for what went wrong, or nothing. */
#ifndef CLIENT_PKCS11_REPORT_H
#define CLIENT_PKCS11_REPORT_H

#include "client/pkcs11/cryptoki.h"
#include "client/signer.h"

enum { REPORT_LINES_MAX = 10, REPORT_WINDOW_MS = 60000 };

/* Sends one line to the system's log. In a window of a minute a process sends at most REPORT_LINES_MAX lines, and none
 * twice in a row; the last one says that more are left out. */
void report_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Call in the child of a fork: another thread of the parent may have been reporting. */
void report_after_fork(void);

/* What a call returns for an answer of libsigner; one that is not SIGNER_OK is reported. */
CK_RV report_status(const struct signer_error *error, enum signer_status status);

#endif
