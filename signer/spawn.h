/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the processes beside the gate: the store, the inspector, the vaults, the access room, and the courier that
 * brings the KEK. */
#ifndef SIGNER_SPAWN_H
#define SIGNER_SPAWN_H

#include "signer/access/access.h"
#include "signer/inspector/inspector.h"
#include "signer/store/store.h"
#include "signer/vault/vault.h"

/* Fork a room and return the gate's end of its socketpair, which the caller owns. Only in the child, `setup->fd` and
 * the directory's descriptors are replaced by the room's own. Log and exit on failure. */
int spawn_store(struct store_setup *setup);
int spawn_inspector(struct inspector_setup *setup);
int spawn_access(struct access_setup *setup);
int spawn_vault(struct vault_setup *setup, unsigned number);

/* Forks the courier, which reads the KEK, checks it against the header, writes it to each vault and exits; waits for
 * it. This process never holds a byte of the KEK. If the courier fails, it has logged why, and this process exits. */
void spawn_courier(const char *kek, const char *keystore, const struct header *header, const int *vaults,
                   unsigned count);

#endif
