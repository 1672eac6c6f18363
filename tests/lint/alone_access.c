/* SPDX-License-Identifier: Apache-2.0 */
/* The access room links without the libraries that its process must not have. Built, never run. */
#include <stddef.h>

#include "signer/access/access.h"

int main(void)
{
    access_run(NULL);
}
