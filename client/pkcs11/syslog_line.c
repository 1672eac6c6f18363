/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pkcs11/syslog_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_SIZE = 1024, PRIORITY = 10 << 3 | 4 }; /* authpriv, warning */

static void send_line(const char *path, const char *line, size_t length)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        (void)send(fd, line, length, MSG_NOSIGNAL);
    close(fd);
}

void syslog_line_send(const char *path, const char *format, ...)
{
    int saved = errno;
    char line[LINE_SIZE];
    size_t start = (size_t)snprintf(line, sizeof line, "<%d>%.48s[%ld]: ", PRIORITY, program_invocation_short_name,
                                    (long)getpid());
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line + start, sizeof line - start, format, arguments);
    va_end(arguments);
    size_t length = strlen(line);
    for (size_t i = 0; i < length; i++) /* the program's name, too, is what its caller chose */
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    send_line(path, line, length);
    errno = saved;
}
