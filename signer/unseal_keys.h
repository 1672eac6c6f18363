/* SPDX-License-Identifier: Apache-2.0 */
/* Publishes, in a file beside the socket, the public keys of the vaults to which custodians seal their shares. */
#ifndef SIGNER_UNSEAL_KEYS_H
#define SIGNER_UNSEAL_KEYS_H

#include <stdbool.h>

#include "keystore/files/directory.h"
#include "keystore/share/unseal_file.h"

/* Copies the share set records of the KEKs that open the keystore, unparsed, and sets the keystore's id and the start
 * time. The copies are owned by `file`. A record that cannot be read is left out. */
void unseal_keys_gather(const struct directory *directory, const struct header *header, struct unseal_file *file);

/* Writes SOCKET.unseal, readable by all, and logs its fingerprint. If it cannot be written and is `needed`, because the
 * signer starts sealed, it logs why and exits; else it logs a warning. */
void unseal_keys_publish(const struct unseal_file *file, const char *socket, bool needed);

#endif
