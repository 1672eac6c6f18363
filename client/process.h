/* SPDX-License-Identifier: Apache-2.0 */
/* The process id without a system call. Every call of a client checks it, to detect that it runs in the child of a
 * fork. */
#ifndef CLIENT_PROCESS_H
#define CLIENT_PROCESS_H

#include <sys/types.h>

pid_t process_id(void);

#endif
