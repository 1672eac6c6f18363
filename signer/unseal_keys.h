/* Tells custodians, in a file beside the socket, which keys they may seal their shares to. */
#ifndef SIGNER_UNSEAL_KEYS_H
#define SIGNER_UNSEAL_KEYS_H

#include <stdbool.h>

#include "keystore/files/directory.h"
#include "keystore/share/unseal_file.h"

/* Copies the share set records of the KEKs that open the keystore, as they are. */
void unseal_keys_gather(const struct directory *directory, const struct header *header, struct unseal_file *file);

/* Writes SOCKET.unseal, readable by all, and says its fingerprint. Where it cannot, a signer that is to be
 * unsealed has no use: `needed` dies, else it is said. */
void unseal_keys_publish(const struct unseal_file *file, const char *socket, bool needed);

#endif
