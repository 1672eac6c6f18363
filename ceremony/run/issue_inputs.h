/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a ceremony of kind issue signs by: request, or previous CRL and list of revocations. Each is the one
 * whose hash the plan names. They are read once, before anybody types a share. */
#ifndef CEREMONY_RUN_ISSUE_INPUTS_H
#define CEREMONY_RUN_ISSUE_INPUTS_H

#include "ceremony/run/run.h"

struct issue_inputs {
    char *request; /* owned; NULL: a CRL is signed */
    struct revocations crl;
    /* what they point into */
    char *previous, *list_text;
    struct revoked_list revoked;
};

/* False: refused; the reason was printed. issue_inputs_free in both cases. The session must be open. */
bool issue_inputs_read(const struct run *run, struct issue_inputs *out) __attribute__((warn_unused_result));
void issue_inputs_free(struct issue_inputs *inputs);

#endif
