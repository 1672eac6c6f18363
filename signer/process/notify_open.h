/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to a service manager (the sd_notify protocol), opened before the sandbox forbids it. */
#ifndef SIGNER_PROCESS_NOTIFY_OPEN_H
#define SIGNER_PROCESS_NOTIFY_OPEN_H

/* Connects to $NOTIFY_SOCKET. -1 if it is not set or cannot be reached. */
int notify_open(void);

#endif
