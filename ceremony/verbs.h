/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of signer-ceremony, one cmd_<verb>.c each. */
#ifndef CEREMONY_VERBS_H
#define CEREMONY_VERBS_H

#include "base/command.h"

enum {
    VERB_USES_SIGNER = 1, /* it connects to a running signer, or starts a private one */
    VERB_PARSES_KEYS = 2, /* it may parse a private key that is not sealed: OpenSSL's memory is the arena */
};

extern const struct command_verb cmd_init;
extern const struct command_verb cmd_kek;
extern const struct command_verb cmd_split;
extern const struct command_verb cmd_verify_share;
extern const struct command_verb cmd_combine;
extern const struct command_verb cmd_reshare;
extern const struct command_verb cmd_rekey;
extern const struct command_verb cmd_unseal;
extern const struct command_verb cmd_run;
extern const struct command_verb cmd_import;
extern const struct command_verb cmd_backup;
extern const struct command_verb cmd_verify_backup;
extern const struct command_verb cmd_restore;
extern const struct command_verb cmd_drill;
extern const struct command_verb cmd_doctor;

#endif
