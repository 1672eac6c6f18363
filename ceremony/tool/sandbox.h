/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of this tool: no network, and no system calls that reach into other processes or into the kernel.
 * Files are not restricted, since the tool reads and writes wherever its user says. A private signer inherits it. */
#ifndef CEREMONY_TOOL_SANDBOX_H
#define CEREMONY_TOOL_SANDBOX_H

#include <stdbool.h>

/* Installs it, once, before the verb runs and after no_new_privs was set. `signer`: the verb connects to a signer, so
 * Unix sockets stay allowed. False: the kernel or libseccomp refused. */
bool sandbox_enter(bool signer) __attribute__((warn_unused_result));

#endif
