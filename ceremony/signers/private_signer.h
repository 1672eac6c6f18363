/* A real signer of our own, for as long as a verb needs one: the ceremony tool signs through no other
 * way. Its program is the one that belongs to this tool: beside it as built, in ../sbin as installed, never
 * one that PATH names. It gets the KEK through a pipe, and listens in a new directory that only we can enter. */
#ifndef CEREMONY_SIGNERS_PRIVATE_SIGNER_H
#define CEREMONY_SIGNERS_PRIVATE_SIGNER_H

#include <sys/types.h>

#include "ceremony/tool/private_directory.h"
#include "client/signer.h"
#include "keystore/kek/kek.h"

struct private_signer {
    pid_t pid;
    struct private_directory directory;
    char socket[96];
    signer_client *client;
};

/* Opens its program. Call it first of all: whoever becomes the keystore's owner may lose the way to it. */
void private_signer_find(void);

/* `keystore` is its directory, open; the caller is its owner. False: it did not start, which was said. */
bool private_signer_start(struct private_signer *signer, int keystore, const struct kek *kek)
    __attribute__((warn_unused_result));

/* Ends it, waits until it has wiped its keys, and removes the directory. */
void private_signer_stop(struct private_signer *signer);

#endif
