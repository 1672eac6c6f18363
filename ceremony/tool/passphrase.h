/* A passphrase, from a terminal without echo or from a source that the caller named. */
#ifndef CEREMONY_TOOL_PASSPHRASE_H
#define CEREMONY_TOOL_PASSPHRASE_H

/* Reads one line into `out` (at most `size` bytes, without its newline) and returns its length; -1
 * where there is none. `source` is NULL for the terminal, else `fd:N` or a file's path; `what` is
 * the prompt. */
int passphrase_read(const char *source, const char *what, char *out, int size);

#endif
