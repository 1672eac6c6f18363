/* SPDX-License-Identifier: Apache-2.0 */
/* What this process was started in, where that can be the cause of a failure that would otherwise be told as "Invalid
 * argument": a user namespace, low limits, no /dev/null, a system call filter of somebody else's. */
#ifndef CEREMONY_TOOL_SURROUNDINGS_H
#define CEREMONY_TOOL_SURROUNDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* First thing of the process: standard input, output and error are open from here on, so that no file that is opened
 * later becomes one of them. Raises the limit of open files as far as it may. */
void surroundings_begin(void);

/* Before this process installs a filter of its own: whether one that is in force ends it, or a private signer (with
 * `signer` the verb may start one), at a call that they need. False: the calls were printed. Warns of denied calls. */
bool surroundings_allow_calls(bool signer) __attribute__((warn_unused_result));

/* NULL, or a sentence about why no private signer can be started here. */
const char *surroundings_against_signer(void);

/* Whether this user namespace has a number for the uid. */
bool surroundings_have_uid(uid_t uid);

/* "", or "; SENTENCE": the likely cause of a system call's error. In a static buffer. */
const char *surroundings_cause(int error);

/* "; SENTENCE" about a filter that was in force before this process; "" where there was none. */
const char *surroundings_filter(void);

#endif
