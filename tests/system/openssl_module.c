/* SPDX-License-Identifier: Apache-2.0 */
/* A module for OpenSSL that does nothing but write down who loaded it: a line with the program's name in the file that
 * MODULE_MARK names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int OSSL_provider_init(void);

__attribute__((constructor)) static void write_down(void)
{
    const char *mark = getenv("MODULE_MARK");
    int fd = mark ? open(mark, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    dprintf(fd, "%s\n", program_invocation_short_name);
    close(fd);
}

int OSSL_provider_init(void)
{
    return 0;
}
