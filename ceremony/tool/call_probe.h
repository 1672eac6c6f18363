/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls a filter that is in force forbids: each is made in a child of its own, harmlessly. Only for a
 * process that has such a filter: it forks some twenty times. */
#ifndef CEREMONY_TOOL_CALL_PROBE_H
#define CEREMONY_TOOL_CALL_PROBE_H

#include <stdbool.h>

enum { CALL_PROBE_TEXT = 256 };

struct call_probe {               /* names with commas between them; "" for none */
    char fatal[CALL_PROBE_TEXT];  /* the process is killed, or cannot do without */
    char denied[CALL_PROBE_TEXT]; /* EPERM; it can do without */
};

/* `signer`: also those that only a private signer makes. */
void call_probe_all(bool signer, struct call_probe *out);

#endif
