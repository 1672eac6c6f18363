/* SPDX-License-Identifier: Apache-2.0 */
/* Who is let in: by the uid and the groups that the kernel reports for the process that connected. */
#ifndef SIGNER_GATE_ADMISSION_H
#define SIGNER_GATE_ADMISSION_H

#include "signer/gate/core/state.h"

/* Admits a new client, or tells it why not and closes. Takes ownership of `fd`. */
void admission_welcome(struct gate *gate, int fd);

/* The grants have changed: every connection has the rights that they give it now, and one that is no longer let in is
 * told so and closed. */
void admission_judge_again(struct gate *gate);

#endif
