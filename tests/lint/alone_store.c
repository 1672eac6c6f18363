/* SPDX-License-Identifier: Apache-2.0 */
/* The store links without the libraries that its process must not have. Built, never run. */
#include <stddef.h>

#include "signer/store/store.h"

int main(void)
{
    store_run(NULL);
}
