/* SPDX-License-Identifier: Apache-2.0 */
/* The name under which ps and top show a process. */
#ifndef SIGNER_PROCESS_PROCESS_NAME_H
#define SIGNER_PROCESS_PROCESS_NAME_H

/* Names this process "signer: NAME"; the kernel keeps 15 characters. */
void process_name_set(const char *name);

#endif
