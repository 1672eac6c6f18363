/* Forking the rooms beyond the gate. Each child has its descriptors at the numbers that sandbox.h
 * gives them, and nothing else. */
#ifndef SIGNER_SPAWN_H
#define SIGNER_SPAWN_H

#include "signer/ipc/message.h"
#include "signer/store/store.h"
#include "signer/vault/vault.h"

/* Fork a room and return the gate's end of its socketpair. `setup->fd` is filled in here. */
int spawn_store(struct store_setup *setup);
int spawn_vault(struct vault_setup *setup);

/* Waits until a room has become one, and learns what protects it. Dies if it did not; `name` is
 * what the log calls it. */
void spawn_hear(int room, const char *name, struct room_hello *out);

/* Lets a short-lived child read the KEK, check it against the header, write it to each vault and
 * exit: this process never has a byte of it. Dies with the child's sentence if that fails. */
void spawn_courier(const char *kek, const char *keystore, const struct header *header, const int *vaults,
                   unsigned count);

#endif
