/* Which process this is, without a system call: every call of a client asks, since a fork may have come
 * between. */
#ifndef CLIENT_PROCESS_H
#define CLIENT_PROCESS_H

#include <sys/types.h>

pid_t process_id(void);

#endif
