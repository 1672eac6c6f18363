/* The listening socket: inherited from a service manager, or bound to a path. */
#ifndef SIGNER_LISTENER_H
#define SIGNER_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

/* The one socket that a service manager passed (LISTEN_FDS); -1 where it passed none. Dies on a
 * passed descriptor that is no listening Unix stream socket. */
int listener_inherited(void);

/* Binds and listens. `open_to_all`: born 0666, else 0600, owned by `uid`. A socket file is
 * replaced only if nobody answers on it; anything else at that path is an error. Dies with a
 * sentence. */
int listener_bind(const char *path, bool open_to_all, uid_t uid, gid_t gid);

/* The path that a listening socket is bound to. False where it has none. */
enum { LISTENER_PATH = 128 };
bool listener_path(int listener, char out[static LISTENER_PATH]) __attribute__((warn_unused_result));

/* Has the kernel refuse descriptors that clients pass (Linux 6.16). Elsewhere they are dropped
 * when they arrive, because nothing receives them. */
void listener_refuse_descriptors(int listener);

#endif
