/* The ceremony tool's own bounds: no network at all, and none of the calls by which a process reaches into
 * others or into the kernel. It must read and write wherever its user says, so files are not among them.
 * What it starts, a private signer, inherits them. */
#ifndef CEREMONY_TOOL_SANDBOX_H
#define CEREMONY_TOOL_SANDBOX_H

#include <stdbool.h>

/* Once, before the verb runs; privileges cannot be gained any more by then (no_new_privs). `signer`: the
 * verb talks to a signer, so Unix sockets stay. False: the kernel or libseccomp refuses. */
bool sandbox_enter(bool signer) __attribute__((warn_unused_result));

#endif
