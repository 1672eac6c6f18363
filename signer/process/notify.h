/* SPDX-License-Identifier: Apache-2.0 */
/* Reports the signer's state to a service manager (the sd_notify protocol). */
#ifndef SIGNER_PROCESS_NOTIFY_H
#define SIGNER_PROCESS_NOTIFY_H

/* Sends a state such as "READY=1" to a descriptor of notify_open(). -1 is allowed and does nothing. */
void notify_send(int fd, const char *state);

#endif
