/* SPDX-License-Identifier: Apache-2.0 */
/* signer-ceremony: the tool of operators and custodians for KEKs, shares, keystores and archives. */
#include "ceremony/pki/openssl_start.h"
#include "ceremony/signers/private_signer.h"
#include "ceremony/tool/aftermath.h"
#include "ceremony/tool/sandbox.h"
#include "ceremony/tool/surroundings.h"
#include "ceremony/tool/terminal.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"

static const struct command_verb *const verbs[] = {
    &cmd_init, &cmd_kek,    &cmd_split,  &cmd_verify_share,  &cmd_combine, &cmd_reshare, &cmd_rekey,  &cmd_unseal,
    &cmd_run,  &cmd_import, &cmd_backup, &cmd_verify_backup, &cmd_restore, &cmd_drill,   &cmd_doctor, NULL,
};

static bool begin(const struct command_verb *verb)
{
    private_signer_find();
    if (!surroundings_allow_calls(verb->flags & VERB_USES_SIGNER))
        return false;
    tool_harden();
    if (!sandbox_enter(verb->flags & VERB_USES_SIGNER)) {
        command_fail("the seccomp filter that keeps this process off the network could not be installed%s",
                     surroundings_filter());
        return false;
    }
    if (!openssl_start(verb->flags & VERB_PARSES_KEYS)) {
        command_fail("OpenSSL could not be initialised");
        return false;
    }
    return true;
}

static const struct command_program program = {
    .name = "signer-ceremony",
    .verbs = verbs,
    .help_head = "usage: signer-ceremony VERB [options]\n\n",
    .help_foot = "\n"
                 "`signer-ceremony VERB --help` explains a verb; signer-ceremony(8) has all of it.\n"
                 "The source of a KEK is a file, fd:N, credential:NAME or `shares` (custodians\n"
                 "type theirs at the terminal). doctor accepts no `shares`, and no KEK that is\n"
                 "protected by a passphrase.\n"
                 "Exit codes: 0 done, 1 refused or failed, 2 usage.\n",
    .begin = begin,
};

int main(int argc, char **argv)
{
    surroundings_begin();
    openssl_start_forget_environment();
    int code = command_run(&program, argc - 1, argv + 1);
    if (code != EXIT_DONE)
        aftermath_print(terminal_was_stopped());
    tool_exit(code);
}
