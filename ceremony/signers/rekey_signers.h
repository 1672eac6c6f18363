/* Whether the signers that can be asked have the new KEK: one that has the old one would lose its keys. */
#ifndef CEREMONY_SIGNERS_REKEY_SIGNERS_H
#define CEREMONY_SIGNERS_REKEY_SIGNERS_H

#include <stdbool.h>
#include <stddef.h>

#include "keystore/kek/kek.h"

/* Asks each socket; says which has another KEK, or cannot be asked. Without sockets somebody must have said
 * that all were restarted. */
bool rekey_signers_have(const char *const *sockets, size_t count, bool all_restarted, const struct kek_id *kek)
    __attribute__((warn_unused_result));

#endif
