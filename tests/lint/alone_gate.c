/* SPDX-License-Identifier: Apache-2.0 */
/* The gate links without the libraries that its process must not have. Built, never run. */
#include <stddef.h>

#include "signer/gate/gate.h"

int main(void)
{
    return gate_run(NULL);
}
