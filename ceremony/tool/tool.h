/* What the verbs of signer-ceremony share: a process fit for secrets, keystores, KEKs, errors. */
#ifndef CEREMONY_TOOL_TOOL_H
#define CEREMONY_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "base/command.h"
#include "keystore/files/directory.h"
#include "keystore/kek/kek.h"

/* No core, not dumpable, an arena for everything secret. Dies if it cannot be had, and warns where
 * the arena is not locked. */
void tool_harden(void);

/* "signer-ceremony: NAME: subject: advice" on standard error; gives EXIT_REFUSED. */
int tool_refuse(enum fault fault, const char *subject);

/* Opens a keystore with its header, or refuses: then false, and it has said why. */
bool tool_open_keystore(const char *path, struct directory *directory, struct header *header)
    __attribute__((warn_unused_result));

/* Reads all of a file that a person named (or `fd:N`, `credential:NAME`), whoever owns it: at most
 * `capacity` bytes, else FAULT_FILE_TOO_LARGE. FAULT_FILE_MISSING, FAULT_FILE_IRREGULAR, FAULT_STORE_IO. */
enum fault tool_read_source(const char *source, uint8_t *out, size_t capacity, size_t *length)
    __attribute__((warn_unused_result));

/* Proves that the KEK opens the keystore; says both ids where it does not. */
bool tool_check_kek(const struct header *header, const struct kek *kek, const char *source, const char *keystore)
    __attribute__((warn_unused_result));

/* Root becomes the owner of what it is to write, for good; others must be that owner already. */
bool tool_become(uid_t uid, gid_t gid) __attribute__((warn_unused_result));

/* Opens the directory that a path's last part is in; NULL name where it has none. */
int tool_open_parent(const char *path, const char **name);

/* Writes a file that must not exist, 0600, as keystore/file.h does. */
enum fault tool_write_new(const char *path, const uint8_t *bytes, size_t length) __attribute__((warn_unused_result));

/* Whether a descriptor is on a memory file system: what is written there never reaches a disk but by swap. */
bool tool_is_in_memory(int fd);

/* Ends the process after wiping the arena. */
noreturn void tool_exit(int code);

#endif
