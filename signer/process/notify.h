/* Telling a service manager what state we are in (sd_notify's protocol). */
#ifndef SIGNER_NOTIFY_H
#define SIGNER_NOTIFY_H

/* Sends a state such as "READY=1"; nothing where there is nobody to tell. */
void notify_send(int fd, const char *state);

#endif
