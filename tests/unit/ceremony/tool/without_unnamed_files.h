/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel or file system without O_TMPFILE, by a seccomp filter: for a child, as it stays. */
#ifndef TESTS_UNIT_CEREMONY_TOOL_WITHOUT_UNNAMED_FILES_H
#define TESTS_UNIT_CEREMONY_TOOL_WITHOUT_UNNAMED_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>

static inline bool forbid_unnamed_files(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter
        && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(openat), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, O_TMPFILE, O_TMPFILE))
            == 0
        && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}

#endif
