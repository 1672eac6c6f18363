/* SPDX-License-Identifier: Apache-2.0 */
/* The protections of the rooms, as read back from the kernel: logged at start, reported by Health, and required by
 * --require, under the same names. */
#ifndef SIGNER_SANDBOX_PROTECTIONS_H
#define SIGNER_SANDBOX_PROTECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum enforcement { NOT_IN_FORCE, IN_FORCE, ONLY_LOGGED };

struct protections {
    uint32_t seccomp, landlock;                    /* enum enforcement */
    uint32_t landlock_abi;                         /* of the kernel; 0: no Landlock */
    uint32_t dumpable, no_new_privs, capabilities; /* as prctl and capget read them back */
    uint32_t uid;
    uint32_t memory, arena_size; /* enum arena_kind and bytes; only of vaults, else 0 */
};

/* Lowers each protection in *all to that of *room where the room's is weaker. */
void protections_weaken(struct protections *all, const struct protections *room);

struct protection_label {
    const char *name;
    char value[24];
};

enum { PROTECTION_LABELS = 9 };

/* Names and values for people; the names are static. */
void protections_label(const struct protections *protections, struct protection_label out[static PROTECTION_LABELS]);

/* All labels in one line: "seccomp=yes, landlock=ABI 6, …". */
enum { PROTECTIONS_LINE = 384 };
void protections_line(const struct protections *protections, char out[static PROTECTIONS_LINE]);

/* Adds the protection that --require names ("seccomp", "landlock", "memfd_secret", "locked", "unprivileged") to the
 * set *required. False: there is no such protection. */
bool protections_require(uint32_t *required, const char *name) __attribute__((warn_unused_result));

/* The name of the first protection of the set that is not in force; NULL if all are. The memory of a room without
 * key memory (ARENA_NONE) counts as protected. */
const char *protections_missing(const struct protections *protections, uint32_t required);

#endif
