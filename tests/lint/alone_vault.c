/* SPDX-License-Identifier: Apache-2.0 */
/* The vault links without the libraries that its process must not have. Built, never run. */
#include <stddef.h>

#include "signer/vault/vault.h"

int main(void)
{
    vault_run(NULL);
}
