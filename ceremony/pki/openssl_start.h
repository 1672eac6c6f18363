/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL without its configuration and its environment: both can name modules, which would be loaded into the process
 * that holds the KEK, and can change what a verb finds. */
#ifndef CEREMONY_PKI_OPENSSL_START_H
#define CEREMONY_PKI_OPENSSL_START_H

#include <stdbool.h>

/* Removes OpenSSL's variables from the environment, also for the processes that this one starts. The first thing of the
 * process: before any library can look at them. */
void openssl_start_forget_environment(void);

/* Initialises OpenSSL without a configuration, before any other libcrypto call of the process. `in_arena`: all its
 * memory is in the arena from now on, or in the one mapping of openssl_memory.h, for a verb that may parse a private
 * key. */
bool openssl_start(bool in_arena) __attribute__((warn_unused_result));

#endif
