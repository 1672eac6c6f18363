/* SPDX-License-Identifier: Apache-2.0 */
/* Checks before a rekey is finished that the running signers have the new KEK: one with the old KEK would lose its
 * keys. */
#ifndef CEREMONY_SIGNERS_REKEY_SIGNERS_H
#define CEREMONY_SIGNERS_REKEY_SIGNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "keystore/kek/kek.h"

/* Asks the signer at each socket. False: one has another KEK or cannot be asked, or there are no sockets and
 * `all_restarted` is false, or somebody else than `owner`, the keystore's, or root listens; the reason was printed. */
bool rekey_signers_have(const char *const *sockets, size_t count, bool all_restarted, const struct kek_id *kek,
                        uid_t owner) __attribute__((warn_unused_result));

#endif
