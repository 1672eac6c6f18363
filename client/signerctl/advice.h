/* SPDX-License-Identifier: Apache-2.0 */
/* What to do next about a signer that is not ready: by its state, and by the name of each problem. */
#ifndef CLIENT_SIGNERCTL_ADVICE_H
#define CLIENT_SIGNERCTL_ADVICE_H

#include "client/signer.h"

/* A sentence without a full stop; for a problem that this program does not know, where to look. */
const char *advice_problem(const char *name);

/* NULL: it is open. `reopens`: it was started with its KEK. */
const char *advice_state(enum signer_state state, bool reopens);

#endif
