/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls a filter that is in force forbids: each is made in a child of its own, harmlessly. Only for a
 * process that has such a filter: it forks some forty times. */
#ifndef BASE_CALL_PROBE_H
#define BASE_CALL_PROBE_H

#include <stdbool.h>

enum { CALL_PROBE_TEXT = 256 };

struct call_probe {               /* names with commas between them; "" for none */
    char fatal[CALL_PROBE_TEXT];  /* the process is killed, or cannot do without */
    char denied[CALL_PROBE_TEXT]; /* EPERM; it can do without */
};

/* Whether a filter of system calls is in force for this process: a service manager's or a container's, as long as it
 * has installed none of its own. */
bool call_probe_is_filtered(void);

/* `signer`: also those that only a signer makes. */
void call_probe_all(bool signer, struct call_probe *out);

#endif
