/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/call_probe.h"
#include "base/command.h"

enum { FILES_OF_SIGNER = 96, SENTENCE = 256 };

static bool was_filtered;

/* -- /proc -- */

bool surroundings_have_uid(uid_t uid)
{
    unsigned long first, outside, count;
    bool found = false, known = false;
    FILE *map = fopen("/proc/self/uid_map", "re");
    while (map && fscanf(map, "%lu %lu %lu", &first, &outside, &count) == 3) {
        known = true;
        found = found || (uid >= first && uid - first < count);
    }
    if (map)
        fclose(map);
    return found || !known;
}

static bool is_namespaced(void)
{
    enum { SOME_UID = 0x7ffffff0 };
    return !surroundings_have_uid(SOME_UID);
}

/* -- beginning -- */

/* An empty file in memory that cannot be written: what is said to nobody must fail, as it does without a descriptor.
 * There may be no /dev. */
static int open_nothing(void)
{
    int fd = memfd_create("nothing", MFD_ALLOW_SEALING);
    return fd >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW) == 0 ? fd : -1;
}

static void open_standard_descriptors(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open_nothing() < 0)
            _exit(EXIT_REFUSED); /* there is nowhere to say it */
}

static unsigned long raise_files(void)
{
    struct rlimit limit = { 0, 0 };
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max && limit.rlim_cur < FILES_OF_SIGNER) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur == RLIM_INFINITY ? ~0ul : (unsigned long)limit.rlim_cur;
}

void surroundings_begin(void)
{
    open_standard_descriptors();
    (void)raise_files();
    was_filtered = call_probe_is_filtered();
}

/* -- system calls -- */

#define FILTER "a system call filter that was in force before it (SystemCallFilter= of a unit, or a container's)"

bool surroundings_allow_calls(bool signer)
{
    struct call_probe found;
    if (!was_filtered)
        return true;
    call_probe_all(signer, &found);
    if (found.denied[0])
        fprintf(stderr, "signer-ceremony: warning: " FILTER " denies %s: secrets are less protected; allow them\n",
                found.denied);
    if (!found.fatal[0])
        return true;
    command_fail("nothing was done: " FILTER " ends this process, or the signer that it starts, at %s: allow them",
                 found.fatal);
    return false;
}

const char *surroundings_filter(void)
{
    return was_filtered ? "; likely cause: " FILTER " lacks a call that it needs" : "";
}

/* -- causes -- */

static bool is_usable_null(void)
{
    struct stat status;
    return stat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode) && access("/dev/null", R_OK | W_OK) == 0;
}

const char *surroundings_against_signer(void)
{
    static char sentence[SENTENCE];
    unsigned long files = raise_files();
    if (files < FILES_OF_SIGNER)
        snprintf(sentence, sizeof sentence, "RLIMIT_NOFILE (ulimit -n) is %lu, and a private signer needs %d: raise it",
                 files, FILES_OF_SIGNER);
    else if (!is_usable_null())
        return "there is no usable /dev/null, which a private signer needs: mount /dev";
    else
        return NULL;
    return sentence;
}

const char *surroundings_cause(int error)
{
    static char sentence[SENTENCE];
    struct rlimit limit = { 0, 0 };
    switch (error) {
    case EMFILE:
        (void)getrlimit(RLIMIT_NOFILE, &limit);
        snprintf(sentence, sizeof sentence, "; RLIMIT_NOFILE (ulimit -n) is %lu: raise it",
                 (unsigned long)limit.rlim_cur);
        return sentence;
    case EACCES:
    case EINVAL:
    case EOVERFLOW:
    case EPERM:
        return is_namespaced()
            ? "; likely cause: this user namespace (unshare --map-root-user) has no numbers for other"
              " users: run this outside of it"
            : "";
    case ENOSYS: return surroundings_filter();
    default: return "";
    }
}
