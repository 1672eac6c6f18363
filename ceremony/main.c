/* signer-ceremony: what operators do with KEKs and keystores, away from the running signer. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ceremony/signers/private_signer.h"
#include "ceremony/tool/sandbox.h"
#include "ceremony/tool/tool.h"
#include "ceremony/verbs.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    bool signer; /* it talks to one, or starts one of its own */
    const char *summary;
} verbs[] = {
    { "init", cmd_init, false, "make a keystore and its KEK" },
    { "kek", cmd_kek, false, "make a KEK, tell which one it is, protect it by a passphrase" },
    { "split", cmd_split, true, "split a KEK into shares for custodians" },
    { "verify-share", cmd_verify_share, false, "check one share, alone" },
    { "combine", cmd_combine, true, "join shares to the KEK" },
    { "reshare", cmd_reshare, true, "split the same KEK anew, for other custodians" },
    { "rekey", cmd_rekey, true, "put a keystore under another KEK while signers serve" },
    { "unseal", cmd_unseal, true, "give shares to a sealed signer" },
    { "run", cmd_run, true, "a guided ceremony by a reviewed plan" },
    { "import", cmd_import, true, "seal an existing CA key into a keystore" },
    { "backup", cmd_backup, true, "pack everything that must come back into one verified file" },
    { "verify-backup", cmd_verify_backup, true, "is an archive whole, whose is it, do its keys open and sign" },
    { "restore", cmd_restore, true, "put the keystore of an archive into an empty directory" },
    { "drill", cmd_drill, true, "prove that an archive and a KEK bring the CA back" },
    { "doctor", cmd_doctor, true, "check a keystore, its KEK, every key and certificate" },
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static int help(FILE *to)
{
    fputs("usage: signer-ceremony VERB [options]\n\n", to);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(to, "  %-13s %s\n", verbs[i].name, verbs[i].summary);
    fputs("\n`signer-ceremony VERB --help` teaches a verb; signer-ceremony(8) has all of it.\n"
          "Wherever a KEK is read, its source is a file, fd:N, credential:NAME or `shares` (custodians\n"
          "type theirs at the terminal); doctor reads files alone.\n"
          "Exit codes: 0 done, 1 refused or failed, 2 usage.\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--help") == 0)
        return help(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return puts("signer-ceremony " SIGNER_VERSION) < 0;
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            private_signer_find();
            tool_harden();
            if (!sandbox_enter(verbs[i].signer))
                tool_exit(tool_fail("the kernel refuses the filter that keeps this process off the network"));
            tool_exit(verbs[i].run(argc - 1, argv + 1));
        }
    fprintf(stderr, "signer-ceremony: there is no verb \"%s\"; signer-ceremony --help lists them\n", argv[1]);
    return EXIT_USAGE;
}
