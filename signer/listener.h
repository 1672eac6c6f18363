/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket: inherited from a service manager, or bound to a path. */
#ifndef SIGNER_LISTENER_H
#define SIGNER_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

/* The one socket that a service manager passed (LISTEN_FDS), or -1 if it passed none. Logs and exits if the descriptor
 * is not a listening Unix stream socket, or if there are several. */
int listener_inherited(void);

/* Binds to `path`, listens, and returns the descriptor, which the caller owns. The socket is created with mode 0666 if
 * `open_to_all`, else 0600; if the caller is root it is given to `uid` and `gid`. A stale socket file, on which nobody
 * answers, is replaced; anything else at that path is an error. On any error it logs why and exits. */
int listener_bind(const char *path, bool open_to_all, uid_t uid, gid_t gid);

/* The path that a listening socket is bound to. False: it has none. */
enum { LISTENER_PATH = 128 };
bool listener_path(int listener, char out[static LISTENER_PATH]) __attribute__((warn_unused_result));

/* Makes the kernel refuse descriptors that clients pass (SO_PASSRIGHTS, Linux 6.16). Older kernels drop them on
 * receipt, because the gate never asks for them. */
void listener_refuse_descriptors(int listener);

#endif
