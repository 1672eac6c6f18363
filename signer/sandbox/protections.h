/* What protects the rooms, as read back from the kernel: said at start, told by Health, and
 * required by --require. The same names are used in all three. */
#ifndef SIGNER_PROTECTIONS_H
#define SIGNER_PROTECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum enforcement { NOT_IN_FORCE, IN_FORCE, ONLY_LOGGED };

struct protections {
    uint32_t seccomp, landlock;                    /* enum enforcement */
    uint32_t landlock_abi;                         /* what the kernel offers; 0: nothing */
    uint32_t dumpable, no_new_privs, capabilities; /* as prctl and capget read them back */
    uint32_t uid;
    uint32_t memory, arena_size; /* enum arena_kind and bytes; of vaults alone, else 0 */
};

/* Of two rooms, or of all before and one more: the weaker of each. */
void protections_weaken(struct protections *all, const struct protections *room);

struct protection_label {
    const char *name;
    char value[24];
};

enum { PROTECTION_LABELS = 9 };

void protections_label(const struct protections *protections, struct protection_label out[static PROTECTION_LABELS]);

/* All labels in one line: "seccomp=yes landlock=yes …". */
enum { PROTECTIONS_LINE = 384 };
void protections_line(const struct protections *protections, char out[static PROTECTIONS_LINE]);

/* Adds what --require names ("seccomp", "landlock", "memfd_secret", "locked", "unprivileged") to a
 * set. False: there is no such protection. */
bool protections_require(uint32_t *required, const char *name) __attribute__((warn_unused_result));

/* The first one of the set that is not in force, by name; NULL if all are. Of a room without key
 * memory, and while the gate still waits for those that have one, the memory is not judged. */
const char *protections_missing(const struct protections *protections, uint32_t required);

#endif
