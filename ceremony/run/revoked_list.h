/* SPDX-License-Identifier: Apache-2.0 */
/* The revocations that a CRL adds: lines "SERIAL TIME" or "SERIAL TIME REASON", in a plan or in a file that the plan
 * names by its hash. As many as there are. */
#ifndef CEREMONY_RUN_REVOKED_LIST_H
#define CEREMONY_RUN_REVOKED_LIST_H

#include "ceremony/pki/profile.h"

struct revoked_list {
    size_t count;
    struct plan_revoked *list; /* owned; the strings are borrowed from the lines */
};

#define REVOKED_LIST_ALLOWED                                                                                           \
    "SERIAL TIME, or SERIAL TIME REASON: at most 40 hex digits, 2026-11-21T10:00:00Z, a reason such as keyCompromise"

/* Adds one line, which it cuts into strings. False: it is not of this form. */
bool revoked_list_add(struct revoked_list *list, char *line) __attribute__((warn_unused_result));

/* Adds each line of `text`, the content of the file `path`; '#' begins a comment line. False: the line was printed. */
bool revoked_list_parse(struct revoked_list *list, const char *path, char *text) __attribute__((warn_unused_result));

void revoked_list_free(struct revoked_list *list);

#endif
