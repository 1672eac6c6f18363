/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/process/process_name.h"

#include <stdio.h>
#include <sys/prctl.h>

enum { NAME_SIZE = 16 };

void process_name_set(const char *name)
{
    char text[NAME_SIZE];
    snprintf(text, sizeof text, "signer: %s", name);
    (void)prctl(PR_SET_NAME, text, 0, 0, 0); /* a name that cannot be set is no reason not to serve */
}
