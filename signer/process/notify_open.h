/* The connection to a service manager (sd_notify's protocol), made before there is a sandbox. */
#ifndef SIGNER_PROCESS_NOTIFY_OPEN_H
#define SIGNER_PROCESS_NOTIFY_OPEN_H

/* Connects to $NOTIFY_SOCKET; -1 where there is none. */
int notify_open(void);

#endif
