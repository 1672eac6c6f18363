/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/notify.h"

#include <string.h>
#include <sys/socket.h>

void notify_send(int fd, const char *state)
{
    if (fd >= 0)
        (void)send(fd, state, strlen(state), MSG_NOSIGNAL);
}
