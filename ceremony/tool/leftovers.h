/* SPDX-License-Identifier: Apache-2.0 */
/* What earlier runs left in a directory for cards and shares, because they were killed and their keepers with them. */
#ifndef CEREMONY_TOOL_LEFTOVERS_H
#define CEREMONY_TOOL_LEFTOVERS_H

/* Names each on standard error: cards and share files, which a person destroys; temporary files whose process has
 * ended, which it removes. `path` is the directory's, for the message. */
void leftovers_name(int dir, const char *path);

#endif
