/* Starting what is beside the gate: the store, the vaults, and the courier that brings the KEK. */
#ifndef SIGNER_SPAWN_H
#define SIGNER_SPAWN_H

#include "signer/store/store.h"
#include "signer/vault/vault.h"

/* Fork a room and return the gate's end of its socketpair. `setup->fd` is filled in here. */
int spawn_store(struct store_setup *setup);
int spawn_vault(struct vault_setup *setup);

/* Lets a short-lived child read the KEK, check it against the header, write it to each vault and
 * exit: this process never has a byte of it. Dies with the child's sentence if that fails. */
void spawn_courier(const char *kek, const char *keystore, const struct header *header, const int *vaults,
                   unsigned count);

#endif
