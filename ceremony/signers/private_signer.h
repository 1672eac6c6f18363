/* SPDX-License-Identifier: Apache-2.0 */
/* A private signer: a real signer process that runs while a verb needs signatures; this tool signs in no other way. Its
 * program is the one beside this tool (as built) or in ../sbin (as installed), never one found by PATH. It gets the KEK
 * through a pipe, and its socket is in a private directory. */
#ifndef CEREMONY_SIGNERS_PRIVATE_SIGNER_H
#define CEREMONY_SIGNERS_PRIVATE_SIGNER_H

#include <sys/types.h>

#include "ceremony/tool/private_directory.h"
#include "client/signer.h"
#include "keystore/kek/kek.h"

struct private_signer {
    pid_t pid;
    int status; /* as waitpid has it, once it has ended */
    struct private_directory directory;
    char socket[96];
    signer_client *client; /* connected; owned */
};

/* Opens the signer's program. Call it at the start: after root became the keystore's owner, the program may no longer
 * be reachable. */
void private_signer_find(void);

/* Whether one can be started in these surroundings (surroundings.h): for a verb that is going to, before it changes
 * anything. False: the reason was printed. */
bool private_signer_is_possible(void) __attribute__((warn_unused_result));

/* Starts a signer on the keystore directory open at the descriptor `keystore`, and waits until it serves. The caller is
 * the keystore's owner. False: it did not start; the reason was printed. */
bool private_signer_start(struct private_signer *signer, int keystore, const struct kek *kek)
    __attribute__((warn_unused_result));

/* Terminates it, waits until it has wiped its keys, and removes its directory. */
void private_signer_stop(struct private_signer *signer);

#endif
