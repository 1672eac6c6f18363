/* SPDX-License-Identifier: Apache-2.0 */
/* The process that listens on a signer's socket, by the kernel's word. */
#ifndef CEREMONY_SIGNERS_PEER_H
#define CEREMONY_SIGNERS_PEER_H

#include <sys/types.h>

#include "client/signer.h"

struct peer {
    uid_t uid;
    pid_t pid;   /* 0: it is in another pid namespace */
    int process; /* pidfd, -1: the kernel gave none */
};

#define PEER_NONE ((struct peer){ .uid = (uid_t) - 1, .process = -1 })

/* Connects to `path` and reads who called listen. The caller closes *out with peer_close. */
enum signer_status peer_find(const char *path, struct peer *out, struct signer_error *error)
    __attribute__((warn_unused_result));
void peer_close(struct peer *peer);

/* Whether the process has ended, as far as that can be known. */
bool peer_has_ended(const struct peer *peer);

/* "uid 990 (signer)"; without a name where this host has none for it. */
enum { PEER_USER = 64 };
void peer_user(uid_t uid, char out[static PEER_USER]);

/* Whether this process cannot tell the uid from others: its user namespace has no number for it. */
bool peer_is_unmapped(uid_t uid);

#endif
