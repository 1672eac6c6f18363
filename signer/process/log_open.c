/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/log_open.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/process/log.h"

/* "DEVICE:INODE" of the stream that the journal reads. */
static bool is_journal(const struct stat *status)
{
    char wanted[64];
    const char *stream = getenv("JOURNAL_STREAM");
    snprintf(wanted, sizeof wanted, "%ju:%ju", (uintmax_t)status->st_dev, (uintmax_t)status->st_ino);
    return stream && strcmp(stream, wanted) == 0;
}

/* False where /proc is missing or the pipe is another user's, as that of a container's log often is. */
static bool reopen(void)
{
    int own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool good = own >= 0 && dup2(own, STDERR_FILENO) == STDERR_FILENO;
    if (own > STDERR_FILENO)
        close(own);
    return good;
}

void log_open(void)
{
    struct stat status;
    enum log_sink sink = LOG_PLAIN;
    if (fstat(STDERR_FILENO, &status) != 0)
        return;
    if (S_ISSOCK(status.st_mode))
        sink = LOG_SOCKET;
    else if ((S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) && !reopen())
        sink = LOG_POLLED;
    log_use(sink, is_journal(&status));
}
