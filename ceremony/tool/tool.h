/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of signer-ceremony share: hardening of the process, errors, keystores, files. */
#ifndef CEREMONY_TOOL_TOOL_H
#define CEREMONY_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "base/command.h"
#include "keystore/files/directory.h"
#include "keystore/kek/kek.h"

/* Makes the process fit for secrets: umask 077, no core dumps, not dumpable, no_new_privs, and an arena in locked
 * memory. Exits where that fails, except that it only warns if the memory cannot be locked. */
void tool_harden(void);

/* Prints "signer-ceremony: NAME: subject: advice" on standard error; returns EXIT_REFUSED. */
int tool_refuse(enum fault fault, const char *subject);

/* Opens a keystore and reads its header. False: refused; the reason was printed. */
bool tool_open_keystore(const char *path, struct directory *directory, struct header *header)
    __attribute__((warn_unused_result));

/* Reads all of a file, `fd:N` or `credential:NAME` that the user named; any owner and mode will do. At most `capacity`
 * bytes, else FAULT_FILE_TOO_LARGE. FAULT_FILE_MISSING, FAULT_FILE_IRREGULAR, FAULT_STORE_IO. */
enum fault tool_read_source(const char *source, uint8_t *out, size_t capacity, size_t *length)
    __attribute__((warn_unused_result));

/* Checks the KEK against the header's tag. `source` and `keystore` are names for messages. False: the reason was
 * printed, with the ids of both KEKs. */
bool tool_check_kek(const struct header *header, const struct kek *kek, const char *source, const char *keystore)
    __attribute__((warn_unused_result));

/* Makes root become this user, permanently, before it writes files for that user; another caller must be that user
 * already. False: the reason was printed. */
bool tool_become(uid_t uid, gid_t gid) __attribute__((warn_unused_result));

/* Whether tool_become will let this user; false: the reason was printed. */
bool tool_may_become(uid_t uid) __attribute__((warn_unused_result));

/* Opens the parent directory of a path, and points *name at the last part. Returns the descriptor, which the caller
 * closes, or -1; *name is NULL where the path has no last part or is too long. */
int tool_open_parent(const char *path, const char **name);
/* The same for a directory that may be closed to reading: the descriptor (O_PATH) is good for looking names up. */
int tool_find_parent(const char *path, const char **name);

/* Whether a file or directory can be made there as things are: none is there, and this user may write where it goes.
 * For a verb that is going to ask people first. False: the reason was printed. */
bool tool_can_make(const char *path) __attribute__((warn_unused_result));

/* Publishes a file that must not exist, with mode 0600 and fsync (unnamed_file.h). `what` it is, and what a person is
 * to do with it if the verb fails later (aftermath.h): "the KEK: use it or destroy it". */
enum fault tool_write_new(const char *path, const char *what, const uint8_t *bytes, size_t length)
    __attribute__((warn_unused_result));

/* Whether a descriptor is on a tmpfs or ramfs, where content reaches a disk only by swap. */
bool tool_is_in_memory(int fd);

/* Ends the process after flushing its output and wiping the arena. */
noreturn void tool_exit(int code);

#endif
