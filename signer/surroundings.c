/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/surroundings.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/call_probe.h"
#include "keystore/memory/arena_memory.h"
#include "signer/process/harden.h"
#include "signer/process/log.h"

enum { FILES_LEAST = 96 }; /* its rooms' sockets, the keystore's directories, some clients */

static void check_files(void)
{
    uint64_t files = harden_descriptors();
    if (files < FILES_LEAST)
        log_die("the limit of open files (ulimit -n, LimitNOFILE=) is %lu, and a signer needs at least %d: raise it",
                (unsigned long)files, FILES_LEAST);
}

#define FILTER "a filter of system calls that was in force before it (SystemCallFilter= of a unit, or a container's)"

static void check_calls(void)
{
    struct call_probe found;
    if (!call_probe_is_filtered())
        return;
    call_probe_all(true, &found);
    if (found.fatal[0])
        log_die("cannot start: " FILTER " forbids %s: allow them, see signer(8)", found.fatal);
    if (found.denied[0])
        log_warning("warning: " FILTER " denies %s: keys are less protected; allow them, see signer(8)", found.denied);
}

void surroundings_check(void)
{
    check_files();
    check_calls();
}

const char *surroundings_memory(void)
{
    static char sentence[160];
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= ARENA_LOCK_NEED)
        return NULL;
    snprintf(sentence, sizeof sentence,
             "the limit of locked memory (ulimit -l, LimitMEMLOCK=) is %lu KiB, and a vault needs %d KiB",
             (unsigned long)limit.rlim_max / 1024, ARENA_LOCK_NEED / 1024);
    return sentence;
}
