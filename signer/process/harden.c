/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/harden.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/process/log.h"

static void open_standard_descriptors(void)
{
    int null;
    do {
        null = open("/dev/null", O_RDWR);
        if (null < 0)
            log_die("/dev/null: %s; it must be there", strerror(errno));
    } while (null <= STDERR_FILENO);
    if (dup2(null, STDIN_FILENO) < 0)
        _exit(1);
    close(null);
}

/* Closes the ranges between the descriptors to keep, in ascending order. */
static void close_strays(const int *keep, unsigned count)
{
    unsigned next = STDERR_FILENO + 1;
    for (;;) {
        unsigned kept = ~0u;
        for (unsigned i = 0; i < count; i++)
            if (keep[i] >= (int)next && (unsigned)keep[i] < kept)
                kept = (unsigned)keep[i];
        if (kept > next)
            (void)close_range(next, kept - 1, 0);
        if (kept == ~0u)
            return;
        next = kept + 1;
    }
}

static void set_limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard, const char *name)
{
    struct rlimit limit = { soft, hard };
    if (setrlimit(resource, &limit) != 0)
        log_die("%s: %s", name, strerror(errno));
}

void harden_process(const int *keep, unsigned count)
{
    struct rlimit files;
    open_standard_descriptors();
    close_strays(keep, count);
    umask(077);
    set_limit(RLIMIT_CORE, 0, 0, "RLIMIT_CORE");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        set_limit(RLIMIT_NOFILE, files.rlim_max, files.rlim_max, "RLIMIT_NOFILE");
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        log_die("prctl: %s", strerror(errno));
}

uint64_t harden_descriptors(void)
{
    struct rlimit files;
    return getrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : 0;
}
