/* SPDX-License-Identifier: Apache-2.0 */
/* The inspector links without the libraries that its process must not have. Built, never run. */
#include <stddef.h>

#include "signer/inspector/inspector.h"

int main(void)
{
    inspector_run(NULL);
}
