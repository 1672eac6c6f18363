/* SPDX-License-Identifier: Apache-2.0 */
/* signerctl: sends requests to a signer from a terminal or a script. */
#include <stddef.h>

#include "client/signerctl/verbs.h"

static const struct command_verb *const verbs[] = {
    &cmd_health,  &cmd_hello, &cmd_algorithms, &cmd_keys,  &cmd_generate, &cmd_show, &cmd_sign,
    &cmd_destroy, &cmd_cert,  &cmd_seal,       &cmd_stats, &cmd_bench,    NULL,
};

static const struct command_program program = {
    .name = "signerctl",
    .verbs = verbs,
    .help_head = "usage: signerctl [--socket PATH] [--timeout SECONDS] [--json] VERB …\n\n",
    .help_foot = "\n"
                 "  --socket PATH      the signer's socket, or several, separated by colons; else\n"
                 "                     $SIGNER_SOCKET, else /run/signer/signer.sock\n"
                 "  --timeout SECONDS  how long to wait for the answer; else $SIGNER_TIMEOUT, in\n"
                 "                     milliseconds, else 30 (generate: 180)\n"
                 "  --json             print JSON\n"
                 "  --version          print the version\n"
                 "\n"
                 "`signerctl help VERB` explains a verb.\n"
                 "Exit codes: 0 done, 1 refused or failed, 2 usage.\n"
                 "First steps: signerctl health; signerctl generate my-ca;\n"
                 "signerctl show my-ca --pem\n",
};

/* Whether the option is --help or --version of the program, which are in place of a verb. */
static bool is_about_itself(int option)
{
    return option == 'h' || option == 'V';
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        CONTEXT_OPTIONS, { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 }
    };
    int option = context_option(argc, argv, options);
    if (option == '?')
        return EXIT_USAGE;
    int first = is_about_itself(option) ? optind - 1 : optind;
    int code = command_run(&program, argc - first, argv + first);
    context_end();
    return code;
}
