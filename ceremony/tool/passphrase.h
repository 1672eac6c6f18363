/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a passphrase, at the terminal without echo, or from a source. */
#ifndef CEREMONY_TOOL_PASSPHRASE_H
#define CEREMONY_TOOL_PASSPHRASE_H

/* Reads one line, without its end (LF or CRLF), into `out` and returns its length; -1: the reason was printed: none was
 * given, it is longer than `size` bytes, somebody stopped, or there is no terminal. `source` is NULL for the terminal,
 * else `fd:N` or a file's path; `what` is the prompt. */
int passphrase_read(const char *source, const char *what, char *out, int size);

#endif
