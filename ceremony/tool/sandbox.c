/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/tool/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/socket.h>

/* These fail with EPERM, as if the process lacked the privilege. */
static const int forbidden[] = {
    SCMP_SYS(add_key),
    SCMP_SYS(bpf),
    SCMP_SYS(delete_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(init_module),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(kcmp),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(kexec_load),
    SCMP_SYS(keyctl),
    SCMP_SYS(mount),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace),
    SCMP_SYS(reboot),
    SCMP_SYS(request_key),
    SCMP_SYS(setns),
    SCMP_SYS(swapon),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(userfaultfd),
};

static bool forbid_calls(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0) != 0)
            return false;
    return true;
}

static bool forbid_network(scmp_filter_ctx filter, bool unix_stays)
{
    const uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
    if (!unix_stays)
        return seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 0) == 0
            && seccomp_rule_add(filter, refuse, SCMP_SYS(connect), 0) == 0;
    const struct scmp_arg_cmp other_families = { .arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX };
    return seccomp_rule_add_array(filter, refuse, SCMP_SYS(socket), 1, &other_families) == 0;
}

bool sandbox_enter(bool signer)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter && seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0
        && forbid_calls(filter) && forbid_network(filter, signer) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}
