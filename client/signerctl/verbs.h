/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of signerctl, one cmd_<verb>.c each. */
#ifndef CLIENT_SIGNERCTL_VERBS_H
#define CLIENT_SIGNERCTL_VERBS_H

#include "base/command.h"
#include "client/signerctl/context.h"

extern const struct command_verb cmd_health;
extern const struct command_verb cmd_hello;
extern const struct command_verb cmd_algorithms;
extern const struct command_verb cmd_keys;
extern const struct command_verb cmd_generate;
extern const struct command_verb cmd_show;
extern const struct command_verb cmd_sign;
extern const struct command_verb cmd_destroy;
extern const struct command_verb cmd_cert;
extern const struct command_verb cmd_seal;
extern const struct command_verb cmd_stats;
extern const struct command_verb cmd_bench;

#endif
